package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"postrider/newsletter"
)

// LastDate returns the latest local date of a digest whose window was handled, as
// [newsletter.Digest.Due] asks for it; "" if none ever was. Windows cut by hand
// have no date.
func (s *Store) LastDate(ctx context.Context, digest string) (string, error) {
	var date string
	err := s.read(ctx, "read the last window", func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `
			SELECT window FROM digest_window
			WHERE digest = ? AND `+dated+`
			ORDER BY window DESC LIMIT 1`, digest).Scan(&date)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return date, err
}

// Waiting returns what lies before the readers of an instant digest: of posts
// that got their number at or before settled, and of readers who may be mailed at now.
func (s *Store) Waiting(ctx context.Context, digest string, settled, now time.Time) (newsletter.Waiting, error) {
	var w newsletter.Waiting
	err := s.read(ctx, "see who waits", func(tx *sql.Tx) error {
		// Clocks may differ, so a number may be younger than the next: then both wait.
		var next sql.NullInt64
		err := tx.QueryRowContext(ctx, `
			SELECT coalesce(min(number) - 1, (SELECT publication FROM house)), min(numbered_at)
			FROM post WHERE numbered_at > ?`, millis(settled)).Scan(&w.Settled, &next)
		if err != nil {
			return err
		}
		w.Next = instant(next)
		err = tx.QueryRowContext(ctx, `
			SELECT EXISTS (SELECT 1 FROM subscriber
			WHERE cadence = 'instant' AND state = 'active' AND cursor < ? AND `+notPaused+`)`,
			w.Settled, millis(now)).Scan(&w.Readers)
		if err != nil {
			return err
		}
		key := newsletter.InstantKey(w.Settled)
		return tx.QueryRowContext(ctx, `
			SELECT count(*) FROM digest_window
			WHERE digest = ?1 AND (window = ?2 OR window > ?2 || '-' AND window < ?2 || '.')`,
			digest, key).Scan(&w.Handled)
	})
	return w, err
}
