package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// prunable is the condition for issues that ended before a time and still have
// something to prune.
const prunable = `finished_at < ? AND state IN ('finished', 'cancelled') AND NOT ` + hasOpen + `
	AND (pruned_at IS NULL OR EXISTS (SELECT 1 FROM delivery WHERE issue_id = issue.id))`

// Prunable counts the issues that ended before a time, and their deliveries: what
// [Store.Prune] would remove.
func (s *Store) Prunable(ctx context.Context, before time.Time) (issues, deliveries int64, err error) {
	err = s.read(ctx, "look for old issues", func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `
			WITH old (id) AS (SELECT id FROM issue WHERE `+prunable+`)
			SELECT (SELECT count(*) FROM old), (SELECT count(*) FROM delivery WHERE issue_id IN (SELECT id FROM old))`,
			before.UnixMilli()).Scan(&issues, &deliveries)
	})
	return issues, deliveries, err
}

// Prune removes deliveries of one issue that ended before a time, at most limit,
// and with its last ones the frozen messages, and returns how many it removed. Call
// it until done.
//
// What stays: the issue, its posts and its pages for reading in a browser, how
// many deliveries ended in which state, and where every reader stands, so that no
// digest brings anything again. Who got it is forgotten; whoever was on the list
// then counts as one who did when a post of it is sent by hand. Nothing of a
// pruned issue can be sent any more, so that no Message-ID is used again.
func (s *Store) Prune(ctx context.Context, before time.Time, limit int, now time.Time) (removed int64, done bool, err error) {
	err = s.write(ctx, "prune an issue", func(tx *sql.Tx) error {
		var issue int64
		err := tx.QueryRowContext(ctx, `SELECT id FROM issue WHERE `+prunable+` ORDER BY id LIMIT 1`, before.UnixMilli()).Scan(&issue)
		if errors.Is(err, sql.ErrNoRows) {
			done = true
			return nil
		}
		if err != nil {
			return err
		}
		removed, err = pruneSome(ctx, tx, issue, limit, now)
		return err
	})
	return removed, done, err
}

// pruneSome turns the next deliveries of an issue into counts.
func pruneSome(ctx context.Context, tx *sql.Tx, issue int64, limit int, now time.Time) (removed int64, err error) {
	if _, err := exec(ctx, tx, `UPDATE issue SET pruned_at = coalesce(pruned_at, ?) WHERE id = ?`, now.UnixMilli(), issue); err != nil {
		return 0, err
	}
	var last sql.NullInt64
	if err := tx.QueryRowContext(ctx, `
		SELECT max(subscriber_id) FROM (
			SELECT subscriber_id FROM delivery WHERE issue_id = ? ORDER BY subscriber_id LIMIT ?)`,
		issue, max(limit, 1)).Scan(&last); err != nil {
		return 0, err
	}
	if _, err := exec(ctx, tx, `
		INSERT INTO pruned (issue_id, state, n)
		SELECT issue_id, state, count(*) FROM delivery WHERE issue_id = ? AND subscriber_id <= ? GROUP BY state
		ON CONFLICT DO UPDATE SET n = n + excluded.n`, issue, last); err != nil {
		return 0, err
	}
	removed, err = exec(ctx, tx, `DELETE FROM delivery WHERE issue_id = ? AND subscriber_id <= ?`, issue, last)
	if err != nil {
		return 0, err
	}
	_, err = exec(ctx, tx, `
		UPDATE variant SET mould = x'' WHERE issue_id = ?1
			AND NOT EXISTS (SELECT 1 FROM delivery WHERE issue_id = ?1)`, issue)
	return removed, err
}

// Pruned returns when the deliveries of an issue were pruned; zero: never.
func (s *Store) Pruned(ctx context.Context, issueID string) (time.Time, error) {
	var at time.Time
	err := s.read(ctx, "read issue", func(tx *sql.Tx) error {
		is, err := issueByID(ctx, tx, issueID)
		if err != nil {
			return err
		}
		at, err = prunedAt(ctx, tx, is.row)
		return err
	})
	return at, err
}

func prunedAt(ctx context.Context, tx *sql.Tx, issue int64) (time.Time, error) {
	var at sql.NullInt64
	err := tx.QueryRowContext(ctx, `SELECT pruned_at FROM issue WHERE id = ?`, issue).Scan(&at)
	return instant(at), err
}

// Size tells how many octets the database has, and how many of them are free for
// what comes next.
func (s *Store) Size(ctx context.Context) (total, free int64, err error) {
	err = s.read(ctx, "measure the database", func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `
			SELECT page_count * page_size, freelist_count * page_size
			FROM pragma_page_count, pragma_freelist_count, pragma_page_size`).Scan(&total, &free)
	})
	return total, free, err
}

// Shrink gives free room back to the disk. It writes the whole database anew, which
// takes as much room once more for that time, and lets nobody else write meanwhile.
func (s *Store) Shrink(ctx context.Context) error {
	err := s.patiently(ctx, func() error {
		_, err := s.writer.ExecContext(ctx, `VACUUM`)
		return err
	})
	if err == nil {
		// Readers may keep it from the end of the log; then the next checkpoint is the one.
		_, err = s.writer.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	}
	if err != nil {
		return fmt.Errorf("shrink the database: %w", s.explain(err))
	}
	return nil
}
