package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"postrider/post"
)

// PublishPost publishes the post with this id, or schedules it if at lies after
// now; a zero at is now. It is mailed unless its front matter says mail: false: the
// date it has from now on is at, whatever its file says. A withdrawn post comes
// back with the date, the number and the decision on mail that it had. One that
// is published stays as it is; to schedule it is [ErrConflict].
func (s *Store) PublishPost(ctx context.Context, id string, at, now time.Time, backdate time.Duration) (post.Post, error) {
	at, now = stored(at), stored(now)
	var list []record
	err := s.write(ctx, "publish post", func(tx *sql.Tx) (err error) {
		list, err = alter(ctx, tx, now, []string{id}, func(r *record) error {
			if r.State == post.Published {
				if at.After(now) {
					return errorf(ErrConflict, "%s is published already; withdraw it first (postrider post withdraw %s)",
						describe(r.Post), r.Slug)
				}
				return nil
			}
			if !at.After(now) {
				at = now
			}
			r.settle(at, now, backdate)
			return nil
		})
		return err
	})
	if err != nil {
		return post.Post{}, err
	}
	return list[0].Post, nil
}

// Withdrawal is a post that was taken back.
type Withdrawal struct {
	post.Post
	// OpenIssues are the issues that hold it and have not ended: they go out as
	// they were frozen.
	OpenIssues []string
}

// WithdrawPosts takes the posts with these ids from pages and feeds, all of them
// or none. A scheduled one that was never shown becomes a draft. To withdraw a
// draft is [ErrConflict]; a withdrawn post stays as it is.
func (s *Store) WithdrawPosts(ctx context.Context, now time.Time, ids ...string) ([]Withdrawal, error) {
	list := make([]Withdrawal, len(ids))
	err := s.write(ctx, "withdraw posts", func(tx *sql.Tx) error {
		altered, err := alter(ctx, tx, stored(now), ids, func(r *record) error {
			if r.State == post.Draft {
				return errorf(ErrConflict, "%s is a draft, which nobody sees", describe(r.Post))
			}
			r.takeBack()
			return nil
		})
		if err != nil {
			return err
		}
		for i, r := range altered {
			list[i].Post = r.Post
			if list[i].OpenIssues, err = texts(ctx, tx, `
				SELECT i.public_id FROM issue_post ip JOIN issue i ON i.id = ip.issue_id
				 WHERE ip.post_id = ? AND i.state IN ('expanding', 'sending', 'paused') ORDER BY i.id`, r.row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// alter changes the posts with these ids by a rule and stores them.
func alter(ctx context.Context, tx *sql.Tx, now time.Time, ids []string, rule func(*record) error) ([]record, error) {
	old := make([]record, len(ids))
	for i, id := range ids {
		var err error
		if old[i], err = find(ctx, tx, `p.public_id = ?`, id); err != nil {
			return nil, err
		}
	}
	list := slices.Clone(old)
	for i := range list {
		if err := rule(&list[i]); err != nil {
			return nil, err
		}
	}
	return list, saveAltered(ctx, tx, old, list, now)
}

// saveAltered stores those of list that differ from old, with what follows
// from that: update times, publication numbers and the change counter.
func saveAltered(ctx context.Context, tx *sql.Tx, old, list []record, now time.Time) error {
	h := prepareIn(tx)
	visible := false
	for i := range list {
		r := &list[i]
		if !r.changedSince(old[i]) {
			continue
		}
		r.stamp(old[i], time.Time{}, now)
		if err := save(ctx, h, old[i], r, now); err != nil {
			return err
		}
		visible = visible || r.visibleSince(old[i])
	}
	if err := number(ctx, h, list, now); err != nil || !visible {
		return err
	}
	return bump(ctx, tx)
}

// PublishDue publishes the scheduled posts whose time has come, in its order,
// with the dates they were scheduled for. It returns them.
func (s *Store) PublishDue(ctx context.Context, now time.Time) ([]post.Post, error) {
	const op = "publish scheduled posts"
	// Mostly there is none, and to see that nobody need wait for a writer.
	var due bool
	err := s.read(ctx, op, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx,
			`SELECT EXISTS (SELECT 1 FROM post WHERE state = 'scheduled' AND scheduled_at <= ?)`,
			millis(now)).Scan(&due)
	})
	if err != nil || !due {
		return nil, err
	}
	var posts []post.Post
	err = s.write(ctx, op, func(tx *sql.Tx) error {
		old, err := records(ctx, tx, selectRecord+
			`WHERE p.state = 'scheduled' AND p.scheduled_at <= ? ORDER BY p.scheduled_at, p.id`, millis(now))
		if err != nil {
			return err
		}
		list := slices.Clone(old)
		for i := range list {
			list[i].release()
		}
		if err := saveAltered(ctx, tx, old, list, stored(now)); err != nil {
			return err
		}
		for _, r := range list {
			posts = append(posts, r.Post)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return posts, nil
}

// DeletePost removes the post with this id and its revisions. If readers ever
// saw it, its slugs and its guid are kept, so that no other post gets them. Its
// file is remembered, so that none that is found makes a new post of it.
// Issues keep what they have frozen; while one that holds the post still lacks
// readers, for whom it may have to be rendered again, deleting is [ErrInUse].
func (s *Store) DeletePost(ctx context.Context, id string, now time.Time) error {
	return s.write(ctx, "delete post", func(tx *sql.Tx) error {
		r, err := find(ctx, tx, `p.public_id = ?`, id)
		if err != nil {
			return err
		}
		if err := notExpanding(ctx, tx, r); err != nil {
			return err
		}
		if !r.Published.IsZero() {
			if _, err := tx.ExecContext(ctx, `INSERT INTO former_slug (slug) VALUES (?)`, r.Slug); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO former_guid (guid, at) VALUES (?, ?)`, r.GUID, millis(now)); err != nil {
				return err
			}
		}
		if err := bury(ctx, tx, r, now); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM post WHERE id = ?`, r.row); err != nil {
			return err
		}
		if r.Number != 0 {
			if _, err := tx.ExecContext(ctx, `UPDATE house SET numbers_deleted = numbers_deleted + 1`); err != nil {
				return err
			}
		}
		if r.State != post.Published {
			return nil
		}
		return bump(ctx, tx)
	})
}

func notExpanding(ctx context.Context, tx *sql.Tx, r record) error {
	issues, err := texts(ctx, tx, `
		SELECT i.public_id FROM issue_post ip JOIN issue i ON i.id = ip.issue_id
		 WHERE ip.post_id = ? AND i.expanded_to IS NOT NULL ORDER BY i.id`, r.row)
	if err != nil || len(issues) == 0 {
		return err
	}
	return errorf(ErrInUse, "issue %s, which holds %s, is still being written; let it finish (postrider digest send) "+
		"or cancel it (postrider issue cancel %s)", issues[0], describe(r.Post), issues[0])
}
