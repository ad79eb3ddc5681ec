package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"postrider/newsletter"
)

// CloseWindow records a window of a digest that gets no issue. One that is empty
// moves the cursors of its audience, and fails with [newsletter.ErrChanged] if
// posts have changed since or somebody would get something after all; one that
// was missed moves nothing. Both fail with [newsletter.ErrWindowTaken] if the
// window was handled before, and with [ErrLocked] if the database may not send.
func (s *Store) CloseWindow(ctx context.Context, c newsletter.Closing, a newsletter.Audience, now time.Time) error {
	return s.write(ctx, "close a window", func(tx *sql.Tx) error {
		if err := maySend(ctx, tx); err != nil {
			return err
		}
		if err := takeWindow(ctx, tx, c.Digest, c.Window, c.State, c.Newest, now, 0); err != nil {
			return err
		}
		switch c.State {
		case newsletter.WindowMissed:
			return nil
		case newsletter.WindowEmpty:
			return closeEmpty(ctx, tx, c, a, now)
		}
		return fmt.Errorf("a window cannot be closed as %q", c.State)
	})
}

func closeEmpty(ctx context.Context, tx *sql.Tx, c newsletter.Closing, a newsletter.Audience, now time.Time) error {
	if err := unchanged(ctx, tx, c.Change); err != nil {
		return err
	}
	// Somebody may have come over from another cadence since the snapshot, with
	// posts still before them.
	snap, err := snapshot(ctx, tx, a, now)
	if err != nil {
		return err
	}
	snap = snap.Through(c.Newest) // what is newer waits for a window of its own
	for _, g := range snap.Groups {
		if g.LeftOut(snap.Publications) == "" {
			return newsletter.ErrChanged
		}
	}
	return moveOn(ctx, tx, c.Newest, inAudience, a.Cadence, a.Cadence)
}

// moveOn moves the cursors of the subscribers that a condition selects to
// newest, never back, and drops the skipped numbers that this passes. The
// condition calls a subscriber s, and must still select those that were moved.
func moveOn(ctx context.Context, tx *sql.Tx, newest int64, where string, args ...any) error {
	bound := append([]any{newest, newest}, args...)
	if _, err := exec(ctx, tx,
		`UPDATE subscriber AS s SET cursor = ? WHERE cursor < ? AND `+where, bound...); err != nil {
		return err
	}
	return reskip(ctx, tx, func(skip []int64) []int64 {
		return newsletter.Served{Skip: skip}.Through(newest).Skip
	}, where, args...)
}

// reskip changes the numbers that subscribers skip, for all that a condition
// selects and who stand alike at once. To do it twice must be to do it once.
func reskip(ctx context.Context, tx *sql.Tx, change func([]int64) []int64, where string, args ...any) error {
	seen, err := texts(ctx, tx, `SELECT DISTINCT skip FROM subscriber AS s WHERE `+where, args...)
	if err != nil {
		return err
	}
	for _, before := range seen {
		skip, err := unlist[int64](before)
		if err != nil {
			return err
		}
		after := list(change(skip))
		if after == before {
			continue
		}
		bound := append([]any{after, before}, args...)
		if _, err := exec(ctx, tx,
			`UPDATE subscriber AS s SET skip = ? WHERE skip = ? AND `+where, bound...); err != nil {
			return err
		}
	}
	return nil
}
