package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"postrider/post"
)

// Around returns the published posts before and after the one with this id, in the
// order of [Store.Posts]. The zero Post stands for none.
func (s *Store) Around(ctx context.Context, id string) (newer, older post.Post, err error) {
	err = s.read(ctx, "find the posts around one", func(tx *sql.Tx) error {
		var row, at int64
		err := tx.QueryRowContext(ctx, `SELECT id, coalesce(published_at, scheduled_at, created_at)
			FROM post WHERE public_id = ?`, id).Scan(&row, &at)
		if errors.Is(err, sql.ErrNoRows) {
			return notFound("post", id)
		}
		if err != nil {
			return err
		}
		if newer, err = neighbour(ctx, tx, nextNewer, at, row); err != nil {
			return err
		}
		older, err = neighbour(ctx, tx, nextOlder, at, row)
		return err
	})
	return newer, older, err
}

// The published post next to a place in the order. The first condition says less
// than the second, and is what SQLite can look up in the index post_order.
const (
	nextNewer = `SELECT id FROM post WHERE state = 'published'
		AND coalesce(published_at, scheduled_at, created_at) >= ?1
		AND (coalesce(published_at, scheduled_at, created_at), id) > (?1, ?2)
		ORDER BY coalesce(published_at, scheduled_at, created_at), id LIMIT 1`
	nextOlder = `SELECT id FROM post WHERE state = 'published'
		AND coalesce(published_at, scheduled_at, created_at) <= ?1
		AND (coalesce(published_at, scheduled_at, created_at), id) < (?1, ?2)
		ORDER BY coalesce(published_at, scheduled_at, created_at) DESC, id DESC LIMIT 1`
)

func neighbour(ctx context.Context, tx *sql.Tx, next string, at, row int64) (post.Post, error) {
	r, err := scanRecord(tx.QueryRowContext(ctx, selectRecord+`WHERE p.id = (`+next+`)`, at, row))
	if errors.Is(err, sql.ErrNoRows) {
		return post.Post{}, nil
	}
	return r.Post, err
}

// Place is a published post as a site map knows it.
type Place struct {
	Slug    string
	Changed time.Time // when readers saw the last change
}

// Places returns where all published posts are, the newest first, without what
// they say.
func (s *Store) Places(ctx context.Context) ([]Place, error) {
	var list []Place
	err := s.read(ctx, "list the places of posts", func(tx *sql.Tx) error {
		return each(ctx, tx, func(row scanner) error {
			var p Place
			var changed sql.NullInt64
			err := row.Scan(&p.Slug, &changed)
			p.Changed = instant(changed)
			list = append(list, p)
			return err
		}, `
			SELECT slug, max(published_at, updated_at) FROM post WHERE state = 'published'
			 ORDER BY coalesce(published_at, scheduled_at, created_at) DESC, id DESC`)
	})
	return list, err
}
