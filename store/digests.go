package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"postrider/newsletter"
)

// SeeDigests notes under which names digests are configured and returns since
// when each is known: a digest's first window is the first after that. Where the
// clock was set back it first undoes what was noted while that ran ahead.
func (s *Store) SeeDigests(ctx context.Context, names []string, now time.Time) (map[string]time.Time, error) {
	if err := s.comeBack(ctx, now); err != nil {
		return nil, err
	}
	since, err := s.seenDigests(ctx)
	if err != nil || !slices.ContainsFunc(names, func(name string) bool { return since[name].IsZero() }) {
		return since, err // nothing to write: a read-only database will do
	}
	err = s.write(ctx, "note the digests", func(tx *sql.Tx) error {
		for _, name := range names {
			if _, err := exec(ctx, tx,
				`INSERT INTO digest (name, first_seen) VALUES (?, ?) ON CONFLICT DO NOTHING`,
				name, now.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.seenDigests(ctx)
}

// seenDigests tells since when each digest is known.
func (s *Store) seenDigests(ctx context.Context) (map[string]time.Time, error) {
	since := make(map[string]time.Time)
	err := s.read(ctx, "read the digests", func(tx *sql.Tx) error {
		return each(ctx, tx, func(row scanner) error {
			var name string
			var at sql.NullInt64
			err := row.Scan(&name, &at)
			since[name] = instant(at)
			return err
		}, `SELECT name, first_seen FROM digest`)
	})
	return since, err
}

// Window is what became of one window of a digest.
type Window struct {
	Key    string // the local date of a scheduled cut; else a key of its own
	State  newsletter.WindowState
	Newest int64     // the publication number up to which posts were taken, or would have been
	At     time.Time // when it was cut or closed
	Issue  string    // public id; "" unless State is WindowCut
}

const windowColumns = `w.window, w.state, w.newest, w.at, coalesce(i.public_id, '')
	FROM digest_window AS w LEFT JOIN issue AS i ON i.id = w.issue_id`

func scanWindow(row scanner) (Window, error) {
	var w Window
	var at sql.NullInt64
	err := row.Scan(&w.Key, &w.State, &w.Newest, &at, &w.Issue)
	w.At = instant(at)
	return w, err
}

// Windows returns the windows of a digest that were handled, the latest first.
func (s *Store) Windows(ctx context.Context, digest string, limit int) ([]Window, error) {
	var windows []Window
	err := s.read(ctx, "list windows", func(tx *sql.Tx) error {
		return each(ctx, tx, func(row scanner) error {
			w, err := scanWindow(row)
			windows = append(windows, w)
			return err
		}, `SELECT `+windowColumns+` WHERE w.digest = ? ORDER BY w.at DESC, w.window DESC LIMIT ?`, digest, limit)
	})
	return windows, err
}

// LastWindow returns the window of a digest that was handled last. ok is false
// if none ever was.
func (s *Store) LastWindow(ctx context.Context, digest string) (w Window, ok bool, err error) {
	windows, err := s.Windows(ctx, digest, 1)
	if err != nil || len(windows) == 0 {
		return Window{}, false, err
	}
	return windows[0], true, nil
}

// Joining is how one comes to a digest; it decides which posts are the first.
type Joining struct {
	Digest      string    // the digest of the subscriber's cadence; "" if there is none
	PeriodStart time.Time // newsletter.Cadence.PeriodStart of now
}

// StartCursor returns the cursor of one who joins: what they get is newer.
func (s *Store) StartCursor(ctx context.Context, j Joining) (int64, error) {
	var n int64
	err := s.read(ctx, "read where a new subscriber starts", func(tx *sql.Tx) (err error) {
		n, err = startCursor(ctx, tx, j)
		return err
	})
	return n, err
}

func startCursor(ctx context.Context, tx *sql.Tx, j Joining) (int64, error) {
	var lastCut, periodAgo int64
	err := tx.QueryRowContext(ctx, `
		SELECT newest FROM digest_window
		WHERE digest = ? AND state IN ('cut', 'empty') ORDER BY at DESC LIMIT 1`, j.Digest).Scan(&lastCut)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	// The later of both times, because a post that was added today may be dated
	// back and must not take those of this morning with it.
	err = tx.QueryRowContext(ctx, `
		SELECT coalesce(max(number), 0) FROM post
		WHERE number IS NOT NULL AND published_at < ?1 AND created_at < ?1`, j.PeriodStart.UnixMilli()).Scan(&periodAgo)
	return newsletter.StartCursor(lastCut, periodAgo), err
}
