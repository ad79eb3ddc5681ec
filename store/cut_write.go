package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"postrider/newsletter"
)

// WriteIssue stores an issue as it was planned and rendered, with no recipients
// yet ([Store.Expand] adds them). It fails with [newsletter.ErrChanged] if posts
// changed since the snapshot or another issue was written for the same readers,
// with [newsletter.ErrWindowTaken] if the window of the digest was handled before,
// and with [ErrLocked] if the database may not send; then it stores nothing.
func (s *Store) WriteIssue(ctx context.Context, is newsletter.Issue, a newsletter.Audience, snap newsletter.Snapshot, variants []newsletter.Variant) error {
	return s.write(ctx, "write issue", func(tx *sql.Tx) error {
		if err := maySend(ctx, tx); err != nil {
			return err
		}
		if err := unchanged(ctx, tx, snap.Change); err != nil {
			return err
		}
		row, err := insertIssue(ctx, tx, is, a, snap)
		if err != nil {
			return err
		}
		if is.Digest != "" {
			if err := takeWindow(ctx, tx, is.Digest, is.Window, newsletter.WindowCut, is.Newest, is.Created, row); err != nil {
				return err
			}
		}
		if last, err := lastIssue(ctx, tx, a, row); err != nil || last.ID != snap.Last.ID {
			return cmp.Or(err, newsletter.ErrChanged)
		}
		for _, p := range snap.Publications {
			if err := freezePost(ctx, tx, row, p); err != nil {
				return err
			}
		}
		for _, v := range variants {
			if err := insertVariant(ctx, tx, row, v); err != nil {
				return err
			}
		}
		return nil
	})
}

func unchanged(ctx context.Context, tx *sql.Tx, change int64) error {
	var current int64
	if err := tx.QueryRowContext(ctx, `SELECT change FROM house`).Scan(&current); err != nil {
		return err
	}
	if current != change {
		return newsletter.ErrChanged
	}
	return nil
}

func insertIssue(ctx context.Context, tx *sql.Tx, is newsletter.Issue, a newsletter.Audience, snap newsletter.Snapshot) (row int64, err error) {
	audience, err := encodeAudience(a)
	if err != nil {
		return 0, err
	}
	lowest := since(snap)
	if a.Post != "" {
		lowest = 0 // whoever has not had it gets it, wherever they stand
	}
	err = tx.QueryRowContext(ctx, `
		INSERT INTO issue (public_id, digest, window, audience, subject, since, newest, state,
			expanded_to, last_id, deliveries, created_at, expires_at)
		SELECT ?, ?, ?, ?, ?, ?, ?, 'expanding', 0, coalesce(max(id), 0), 0, ?, ? FROM subscriber
		RETURNING id`,
		is.ID, is.Digest, is.Window, audience, is.Subject, lowest, is.Newest,
		is.Created.UnixMilli(), is.Expires.UnixMilli()).Scan(&row)
	return row, err
}

func encodeAudience(a newsletter.Audience) (string, error) {
	text, err := json.Marshal(a)
	if err != nil {
		return "", fmt.Errorf("encode the audience: %w", err)
	}
	return string(text), nil
}

// takeWindow records what became of a window, once. An issue of 0 is none.
func takeWindow(ctx context.Context, tx *sql.Tx, digest, window string, state newsletter.WindowState, newest int64, at time.Time, issue int64) error {
	n, err := exec(ctx, tx, `
		INSERT INTO digest_window (digest, window, state, newest, at, issue_id)
		VALUES (?, ?, ?, ?, ?, nullif(?, 0)) ON CONFLICT DO NOTHING`,
		digest, window, state, newest, at.UnixMilli(), issue)
	if err == nil && n == 0 {
		err = fmt.Errorf("digest %s, window %s: %w", digest, window, newsletter.ErrWindowTaken)
	}
	return err
}

func freezePost(ctx context.Context, tx *sql.Tx, issue int64, p newsletter.Publication) error {
	n, err := exec(ctx, tx, `
		INSERT INTO issue_post (issue_id, number, post_id, post, revision, tags)
		SELECT ?, ?, id, public_id, ?, ? FROM post WHERE public_id = ?`,
		issue, p.Number, p.Revision, list(p.Tags), p.PostID)
	if err == nil && n == 0 {
		err = notFound("post", p.PostID)
	}
	return err
}

func insertVariant(ctx context.Context, tx *sql.Tx, issue int64, v newsletter.Variant) error {
	var row int64
	err := tx.QueryRowContext(ctx, `
		INSERT INTO variant (issue_id, key, subject, html, text, mould) VALUES (?, ?, ?, ?, ?, ?) RETURNING id`,
		issue, v.Key, v.Subject, v.HTML, v.Text, v.Mould).Scan(&row)
	if err != nil {
		return err
	}
	for i, p := range v.Publications {
		n, err := exec(ctx, tx, `
			INSERT INTO variant_post (variant_id, post_id, position)
			SELECT ?, post_id, ? FROM issue_post WHERE issue_id = ? AND number = ? AND post = ?`,
			row, i, issue, p.Number, p.PostID)
		if err != nil {
			return err
		}
		if n == 0 {
			return notFound("post in the issue", p.PostID)
		}
	}
	return nil
}

// AddVariant adds a variant that [Store.Expand] found missing. One that another
// process was faster to add stays as it is.
func (s *Store) AddVariant(ctx context.Context, issueID string, v newsletter.Variant) error {
	return s.write(ctx, "add a variant to issue "+issueID, func(tx *sql.Tx) error {
		is, err := issueByID(ctx, tx, issueID)
		if err != nil {
			return err
		}
		var known bool
		if err := tx.QueryRowContext(ctx,
			`SELECT EXISTS (SELECT 1 FROM variant WHERE issue_id = ? AND key = ?)`, is.row, v.Key).Scan(&known); err != nil {
			return err
		}
		if known {
			return nil
		}
		return insertVariant(ctx, tx, is.row, v)
	})
}
