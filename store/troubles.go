package store

import (
	"context"
	"database/sql"
	"time"

	"postrider/mailer"
)

// NoteTrouble notes why a worker can bring nothing to its transport; the zero Trouble,
// that it can. One that was struck off is no error.
func (s *Store) NoteTrouble(ctx context.Context, worker int64, t mailer.Trouble) error {
	return s.write(ctx, "note a worker's trouble", func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `UPDATE worker SET trouble = nullif(?, ''), trouble_since = ? WHERE id = ?`,
			t.Words, millis(t.Since), worker)
		return err
	})
}

// Trouble tells what keeps the workers whose lease has not run out from sending: the
// oldest trouble of any; the zero Trouble if none has one.
func (s *Store) Trouble(ctx context.Context, now time.Time) (t mailer.Trouble, err error) {
	err = s.read(ctx, "read the workers' trouble", func(tx *sql.Tx) error {
		return each(ctx, tx, func(row scanner) error {
			var since sql.NullInt64
			err := row.Scan(&t.Words, &since)
			t.Since = instant(since)
			return err
		}, `SELECT trouble, trouble_since FROM worker WHERE trouble IS NOT NULL AND lease >= ?
			ORDER BY trouble_since, id LIMIT 1`, now.UnixMilli())
	})
	return t, err
}
