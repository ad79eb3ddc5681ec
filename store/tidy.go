package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// How long what has ended is kept. A notice is for who asks what became of a mail, and
// so that its key sends none a second time: an address is told once a day that it is on
// the list. A request that has expired still counts as asked that day.
const (
	keepNotice  = 7 * 24 * time.Hour
	keepPing    = 7 * 24 * time.Hour
	keepRequest = 24 * time.Hour
)

// Tidy removes what nobody needs any more, at most limit rows of each kind, and returns
// how many it removed. Call it until that is 0:
//
//   - requests whose link has expired, confirmed or not, and with the last of them an
//     address that somebody typed into a form and nobody confirmed;
//   - pings of hubs that ended a week ago;
//   - what was noted of domains that rest, once no worker heeds it;
//   - notices that ended a week ago. Those of one whose link still confirms stay,
//     because to press that button again must not send a second welcome.
//
// The last call, which removes nothing, empties the write-ahead log.
func (s *Store) Tidy(ctx context.Context, now time.Time, limit int) (removed int64, err error) {
	err = s.write(ctx, "tidy up", func(tx *sql.Tx) error {
		requests, err := tidyRequests(ctx, tx, now, limit)
		if err != nil {
			return err
		}
		pings, err := exec(ctx, tx, `
			DELETE FROM ping WHERE id IN (SELECT id FROM ping WHERE state <> 'queued' AND at < ? LIMIT ?)`,
			now.Add(-keepPing).UnixMilli(), limit)
		if err != nil {
			return err
		}
		notices, err := exec(ctx, tx, `
			DELETE FROM notice WHERE id IN (
				SELECT id FROM notice AS n WHERE NOT open AND at < ?
					AND NOT EXISTS (SELECT 1 FROM request AS r WHERE r.subscriber_id = n.subscriber_id)
				ORDER BY at LIMIT ?)`,
			now.Add(-keepNotice).UnixMilli(), limit)
		if err != nil {
			return err
		}
		rests, err := exec(ctx, tx, `
			DELETE FROM domain_rest WHERE domain IN (SELECT domain FROM domain_rest WHERE until NOT BETWEEN ? AND ? LIMIT ?)`,
			now.Add(-mailer.MaxPause).UnixMilli(), now.Add(mailer.MaxPause).UnixMilli(), limit)
		removed = requests + pings + notices + rests
		return err
	})
	if err == nil && removed == 0 {
		s.fold(ctx)
	}
	return removed, err
}

// tidyRequests removes requests whose link has expired.
func tidyRequests(ctx context.Context, tx *sql.Tx, now time.Time, limit int) (removed int64, err error) {
	of := map[int64]bool{}
	err = each(ctx, tx, func(row scanner) error {
		var subscriber int64
		removed++
		err := row.Scan(&subscriber)
		of[subscriber] = true
		return err
	}, `DELETE FROM request WHERE ref IN (
			SELECT ref FROM request WHERE expires_at < ? AND at < ? ORDER BY expires_at LIMIT ?)
		RETURNING subscriber_id`, now.UnixMilli(), now.Add(-keepRequest).UnixMilli(), limit)
	for subscriber := range of {
		if err == nil {
			err = forgetStray(ctx, tx, subscriber, now)
		}
	}
	return removed, err
}

// forgetStray erases a subscriber of whom nothing is known but that somebody, who may
// be anybody, typed the address into a form. It leaves no suppression: that would let
// strangers bar an address from the list. Whom the operator put there stays.
func forgetStray(ctx context.Context, tx *sql.Tx, row int64, now time.Time) error {
	var id newsletter.ID
	err := tx.QueryRowContext(ctx, `
		SELECT ref FROM subscriber AS s
		WHERE id = ? AND state = 'pending'
			AND NOT EXISTS (SELECT 1 FROM request WHERE subscriber_id = s.id)
			AND EXISTS (SELECT 1 FROM consent WHERE subscriber_id = s.id)
			AND NOT EXISTS (SELECT 1 FROM consent WHERE subscriber_id = s.id AND (action <> ? OR method <> ?))`,
		row, newsletter.Asked, newsletter.ByForm).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	m, err := memberByID(ctx, tx, id)
	if err != nil {
		return err
	}
	gone := m.Erase(now)
	if err := updateMember(ctx, tx, row, gone); err != nil {
		return err
	}
	if err := forget(ctx, tx, row, now); err != nil {
		return err
	}
	return addEvent(ctx, tx, m, gone, Record{}, now)
}
