package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
)

// TagCount is a tag and how many published posts have it.
type TagCount struct {
	Tag   string // folded, see post.FoldTag
	Label string // as most of its posts write it
	Count int
}

// Tags returns the tags of published posts, the most used first.
func (s *Store) Tags(ctx context.Context) ([]TagCount, error) {
	var tags []TagCount
	err := s.read(ctx, "list tags", func(tx *sql.Tx) error {
		return each(ctx, tx, func(row scanner) error {
			var t TagCount
			if err := row.Scan(&t.Tag, &t.Label, &t.Count); err != nil {
				return err
			}
			if last := len(tags) - 1; last >= 0 && tags[last].Tag == t.Tag {
				tags[last].Count += t.Count // another spelling of the same tag
				return nil
			}
			tags = append(tags, t)
			return nil
		}, `
			SELECT t.tag, t.label, count(*) AS posts
			  FROM post_tag t JOIN post p ON p.id = t.post_id
			 WHERE p.state = 'published'
			 GROUP BY t.tag, t.label
			 ORDER BY t.tag, posts DESC, t.label`)
	})
	slices.SortStableFunc(tags, func(a, b TagCount) int { return cmp.Compare(b.Count, a.Count) })
	return tags, err
}
