package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"postrider/post"
)

// Post returns the post that ref names: by its slug, its id, or a slug that it
// had before. A caller that was led there by a former slug sees it by comparing
// ref with Slug.
func (s *Store) Post(ctx context.Context, ref string) (post.Post, error) {
	var r record
	err := s.read(ctx, "read post", func(tx *sql.Tx) error {
		var err error
		if r, err = find(ctx, tx, `p.slug = ?`, ref); !errors.Is(err, ErrNotFound) {
			return err
		}
		if r, err = find(ctx, tx, `p.public_id = ?`, ref); !errors.Is(err, ErrNotFound) {
			return err
		}
		r, err = find(ctx, tx, `p.id = (SELECT post_id FROM former_slug WHERE slug = ?)`, ref)
		return err
	})
	return r.Post, err
}

// PostBySlug returns the post that is or was read under a slug: a caller that was
// led there by a former one sees it by comparing. The slug of a post that was
// deleted is [ErrGone], one that never was is [ErrNotFound].
func (s *Store) PostBySlug(ctx context.Context, slug string) (post.Post, error) {
	var r record
	err := s.read(ctx, "read post", func(tx *sql.Tx) error {
		var err error
		if r, err = find(ctx, tx, `p.slug = ?`, slug); !errors.Is(err, ErrNotFound) {
			return err
		}
		var row sql.NullInt64
		err = tx.QueryRowContext(ctx, `SELECT post_id FROM former_slug WHERE slug = ?`, slug).Scan(&row)
		if errors.Is(err, sql.ErrNoRows) {
			return notFound("post", slug)
		}
		if err != nil {
			return err
		}
		if !row.Valid {
			return errorf(ErrGone, "post %q was deleted", slug)
		}
		r, err = scanRecord(tx.QueryRowContext(ctx, selectRecord+`WHERE p.id = ?`, row.Int64))
		return err
	})
	return r.Post, err
}

// PostByID returns the post with this id.
func (s *Store) PostByID(ctx context.Context, id string) (post.Post, error) {
	var r record
	err := s.read(ctx, "read post", func(tx *sql.Tx) error {
		var err error
		r, err = find(ctx, tx, `p.public_id = ?`, id)
		return err
	})
	return r.Post, err
}

// PostAt returns the post with this id as it read at an earlier revision. All
// but its Content and Revision is of today.
func (s *Store) PostAt(ctx context.Context, id string, revision int) (post.Post, error) {
	var r record
	err := s.read(ctx, fmt.Sprintf("read revision %d of post", revision), func(tx *sql.Tx) error {
		var err error
		if r, err = find(ctx, tx, `p.public_id = ?`, id); err != nil {
			return err
		}
		var content string
		err = tx.QueryRowContext(ctx, `SELECT content FROM revision WHERE post_id = ? AND revision = ?`,
			r.row, revision).Scan(&content)
		if errors.Is(err, sql.ErrNoRows) {
			return errorf(ErrNotFound, "post %q has no revision %d", r.Slug, revision)
		} else if err != nil {
			return err
		}
		r.Revision, r.content = revision, content
		return r.decode()
	})
	return r.Post, err
}

// PostQuery says which posts [Store.Posts] returns. Its zero value is all.
type PostQuery struct {
	States []post.State // none: any
	Tags   []string     // with one of these at least, folded, see post.FoldTag; none: any
	After  string       // the id of the last post of the page before
	Skip   int          // so many fewer at the beginning
	Limit  int          // at most so many; 0: all
}

// Posts returns posts with their newest revisions, the newest first: by the
// date that readers see, a scheduled one by when it will be published, a draft
// by when it was stored.
func (s *Store) Posts(ctx context.Context, q PostQuery) ([]post.Post, error) {
	var list []post.Post
	err := s.read(ctx, "list posts", func(tx *sql.Tx) error {
		query, args := q.sql()
		if q.After != "" {
			if _, err := find(ctx, tx, `p.public_id = ?`, q.After); err != nil {
				return err
			}
		}
		records, err := records(ctx, tx, query, args...)
		for _, r := range records {
			list = append(list, r.Post)
		}
		return err
	})
	return list, err
}

// sql makes the query. The inner one picks rows by their index, so that only
// bodies that are wanted are read and sorted.
func (q PostQuery) sql() (query string, args []any) {
	const order = `coalesce(published_at, scheduled_at, created_at)`
	where := []string{"TRUE"}
	if len(q.States) > 0 {
		where = append(where, "state IN (?"+strings.Repeat(", ?", len(q.States)-1)+")")
		for _, state := range q.States {
			args = append(args, state)
		}
	}
	if len(q.Tags) > 0 {
		where = append(where, "id IN (SELECT post_id FROM post_tag WHERE tag IN (?"+
			strings.Repeat(", ?", len(q.Tags)-1)+"))")
		for _, tag := range q.Tags {
			args = append(args, tag)
		}
	}
	if q.After != "" {
		where = append(where,
			"("+order+", id) < (SELECT coalesce(a.published_at, a.scheduled_at, a.created_at), a.id"+
				" FROM post a WHERE a.public_id = ?)")
		args = append(args, q.After)
	}
	limit := q.Limit
	if limit <= 0 {
		limit = math.MaxInt32
	}
	inner := `SELECT id FROM post WHERE ` + strings.Join(where, " AND ") +
		` ORDER BY ` + order + ` DESC, id DESC LIMIT ? OFFSET ?`
	return selectRecord + `WHERE p.id IN (` + inner + `)
		ORDER BY coalesce(p.published_at, p.scheduled_at, p.created_at) DESC, p.id DESC`, append(args, limit, max(q.Skip, 0))
}

// Revision is what a post said from some time on.
type Revision struct {
	Number  int // counts from 1
	Created time.Time
	post.Content
}

// Revisions returns every revision of the post with this id, the first one first.
func (s *Store) Revisions(ctx context.Context, id string) ([]Revision, error) {
	var list []Revision
	err := s.read(ctx, "read revisions", func(tx *sql.Tx) error {
		r, err := find(ctx, tx, `p.public_id = ?`, id)
		if err != nil {
			return err
		}
		return each(ctx, tx, func(row scanner) error {
			var created sql.NullInt64
			if err := row.Scan(&r.Revision, &created, &r.content); err != nil {
				return err
			}
			err := r.decode()
			list = append(list, Revision{r.Revision, instant(created), r.Content})
			return err
		}, `SELECT revision, created_at, content FROM revision WHERE post_id = ? ORDER BY revision`, r.row)
	})
	return list, err
}

// Sources returns the digests of the files that posts were last added from, by
// path, so that an unchanged file need not be read a second time. Posts that
// came without a digest are left out.
func (s *Store) Sources(ctx context.Context) (map[string][32]byte, error) {
	digests := make(map[string][32]byte)
	err := s.read(ctx, "read the digests of posts", func(tx *sql.Tx) error {
		return each(ctx, tx, func(row scanner) error {
			var path string
			var digest []byte
			if err := row.Scan(&path, &digest); err != nil || len(digest) != 32 {
				return err
			}
			digests[path] = [32]byte(digest)
			return nil
		}, `SELECT source, source_digest FROM post WHERE source IS NOT NULL AND source_digest IS NOT NULL`)
	})
	return digests, err
}
