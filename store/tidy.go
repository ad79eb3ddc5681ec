package store

import (
	"context"
	"database/sql"
	"time"
)

// How long what has ended is kept. A notice is for who asks what became of a mail, and
// so that its key sends none a second time: an address is told once a day that it is on
// the list. A request that has expired still counts as asked that day.
const (
	keepNotice  = 7 * 24 * time.Hour
	keepRequest = 24 * time.Hour
)

// Tidy removes what nobody needs any more, at most limit rows of each kind, and returns
// how many it removed. Call it until that is 0:
//
//   - requests whose link has expired, confirmed or not;
//   - notices that ended a week ago. Those of one whose link still confirms stay,
//     because to press that button again must not send a second welcome.
func (s *Store) Tidy(ctx context.Context, now time.Time, limit int) (removed int64, err error) {
	err = s.write(ctx, "tidy up", func(tx *sql.Tx) error {
		requests, err := exec(ctx, tx, `
			DELETE FROM request WHERE ref IN (
				SELECT ref FROM request WHERE expires_at < ? AND at < ? ORDER BY expires_at LIMIT ?)`,
			now.UnixMilli(), now.Add(-keepRequest).UnixMilli(), limit)
		if err != nil {
			return err
		}
		notices, err := exec(ctx, tx, `
			DELETE FROM notice WHERE id IN (
				SELECT id FROM notice AS n WHERE NOT open AND at < ?
					AND NOT EXISTS (SELECT 1 FROM request AS r WHERE r.subscriber_id = n.subscriber_id)
				ORDER BY at LIMIT ?)`,
			now.Add(-keepNotice).UnixMilli(), limit)
		removed = requests + notices
		return err
	})
	return removed, err
}
