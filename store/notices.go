package store

import (
	"context"
	"database/sql"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// AddNotice puts a notice into the outbox. added is false if one with its key is
// there already. For who may not be mailed it fails with [ErrSuppressed]. One who is
// pending may be asked to confirm what stands on the list, once a day (UTC).
func (s *Store) AddNotice(ctx context.Context, n mailer.Notice, now time.Time) (added bool, err error) {
	err = s.write(ctx, "add a notice", func(tx *sql.Tx) error {
		m, err := memberByID(ctx, tx, n.Subscriber)
		if err != nil {
			return err
		}
		if m.State != newsletter.Active && m.State != newsletter.Pending {
			return errorf(ErrSuppressed, "the subscriber is %s and gets no mail", m.State)
		}
		if n.Kind == mailer.ConfirmNotice {
			added, err = addRequest(ctx, tx, m.row, n, nil, now)
			return err
		}
		added, err = addNotice(ctx, tx, m.row, n, now)
		return err
	})
	return added, err
}

func addNotice(ctx context.Context, tx *sql.Tx, subscriber int64, n mailer.Notice, now time.Time) (added bool, err error) {
	rows, err := exec(ctx, tx, `
		INSERT INTO notice (key, kind, subscriber_id, request, mould, expires_at, state, due_at, at)
		VALUES (?, ?, ?, nullif(?, 0), ?, ?, 'queued', ?, ?) ON CONFLICT (key) DO NOTHING`,
		n.Key, n.Kind, subscriber, n.Request, n.Mould, n.Expires.UnixMilli(), now.UnixMilli(), now.UnixMilli())
	return rows > 0, err
}
