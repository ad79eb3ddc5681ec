package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"
)

// TagCount is a tag and how many published posts have it.
type TagCount struct {
	Tag   string // folded, see post.FoldTag
	Label string // as most of its posts write it
	Count int
	// Changed is when readers saw the last change of a post that has it.
	Changed time.Time
}

// Tags returns the tags of published posts, the most used first.
func (s *Store) Tags(ctx context.Context) ([]TagCount, error) {
	var tags []TagCount
	err := s.read(ctx, "list tags", func(tx *sql.Tx) error {
		return each(ctx, tx, func(row scanner) error {
			var t TagCount
			var changed sql.NullInt64
			if err := row.Scan(&t.Tag, &t.Label, &t.Count, &changed); err != nil {
				return err
			}
			t.Changed = instant(changed)
			if last := len(tags) - 1; last >= 0 && tags[last].Tag == t.Tag {
				tags[last].Count += t.Count // another spelling of the same tag
				if t.Changed.After(tags[last].Changed) {
					tags[last].Changed = t.Changed
				}
				return nil
			}
			tags = append(tags, t)
			return nil
		}, `
			SELECT t.tag, t.label, count(*) AS posts, max(max(p.published_at, p.updated_at))
			  FROM post_tag t JOIN post p ON p.id = t.post_id
			 WHERE p.state = 'published'
			 GROUP BY t.tag, t.label
			 ORDER BY t.tag, posts DESC, t.label`)
	})
	slices.SortStableFunc(tags, func(a, b TagCount) int { return cmp.Compare(b.Count, a.Count) })
	return tags, err
}
