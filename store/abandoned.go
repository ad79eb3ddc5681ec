package store

import (
	"context"
	"database/sql"
	"time"
)

// Abandoned counts the mails that processes hold whose lease ended before now,
// and tells since when the first of them is over. The next process that works
// the outbox takes them back; where none does, they stay where they are.
func (s *Store) Abandoned(ctx context.Context, now time.Time) (mails int64, since time.Time, err error) {
	err = s.read(ctx, "look for mails that nobody works at", func(tx *sql.Tx) error {
		var lease sql.NullInt64
		err := tx.QueryRowContext(ctx, `
			SELECT count(*), min(w.lease) FROM worker AS w JOIN (
				SELECT worker_id FROM delivery WHERE `+openDelivery+` AND worker_id IS NOT NULL
				UNION ALL
				SELECT worker_id FROM notice WHERE `+openDelivery+` AND worker_id IS NOT NULL
			) AS held ON held.worker_id = w.id
			WHERE w.lease < ?`, now.UnixMilli()).Scan(&mails, &lease)
		since = instant(lease)
		return err
	})
	return mails, since, err
}
