package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"postrider/post"
)

// FeedPosts returns published posts, the newest first and at most limit of
// them (0: all): those that have one of these folded tags, or all if none is given.
func (s *Store) FeedPosts(ctx context.Context, tags []string, limit int) ([]post.Post, error) {
	return s.Posts(ctx, PostQuery{States: []post.State{post.Published}, Tags: tags, Limit: limit})
}

// FeedRange returns the published posts whose places in the archives of feeds lie
// between two, both taken in, the newest place first.
func (s *Store) FeedRange(ctx context.Context, from, to int64) ([]post.Post, error) {
	var list []post.Post
	err := s.read(ctx, "read the posts of an archive", func(tx *sql.Tx) error {
		found, err := records(ctx, tx, selectRecord+`
			WHERE p.ordinal BETWEEN ? AND ? AND p.state = 'published' ORDER BY p.ordinal DESC`, from, to)
		for _, r := range found {
			list = append(list, r.Post)
		}
		return err
	})
	return list, err
}

// FeedExtent returns the last place in the archives of feeds: how many posts were
// ever published.
func (s *Store) FeedExtent(ctx context.Context) (int64, error) {
	var n int64
	err := s.read(ctx, "read the extent of the archives", func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT ordinal FROM house`).Scan(&n)
	})
	return n, err
}

// FeedTags returns the folded tags of posts that were ever published, each as one of
// them writes it: a feed stays, and is empty, when its last post is withdrawn.
func (s *Store) FeedTags(ctx context.Context) (map[string]string, error) {
	tags := make(map[string]string)
	err := s.read(ctx, "list the tags of feeds", func(tx *sql.Tx) error {
		return each(ctx, tx, func(row scanner) error {
			var tag, label string
			err := row.Scan(&tag, &label)
			tags[tag] = label
			return err
		}, `
			SELECT t.tag, max(t.label) FROM post_tag t JOIN post p ON p.id = t.post_id
			 WHERE p.state IN ('published', 'withdrawn') AND p.published_at IS NOT NULL GROUP BY t.tag`)
	})
	return tags, err
}

// FeedModified returns since when the feed at a path has had the bytes with
// this digest (SHA-256), which were made when the change counter stood at change.
// It is told once, at now, and the same ever after; each change of the digest
// takes it at least one second on, be that ahead of now. It counts whole seconds.
// Bytes older than those that are known already change nothing: newest is false.
func (s *Store) FeedModified(ctx context.Context, path string, digest [32]byte, change int64, now time.Time) (modified time.Time, newest bool, err error) {
	const op = "date a feed"
	// Mostly it is known, and to see that nobody need wait for a writer.
	var v feedVersion
	err = s.read(ctx, op, func(tx *sql.Tx) (err error) {
		v, err = readFeedVersion(ctx, tx, path)
		return err
	})
	if err == nil && v.digest != digest && v.change <= change {
		err = s.write(ctx, op, func(tx *sql.Tx) (err error) {
			if v, err = readFeedVersion(ctx, tx, path); err != nil || v.digest == digest || v.change > change {
				return err
			}
			v = feedVersion{digest, change, max(now.Unix(), v.modified+1)}
			_, err = tx.ExecContext(ctx, `
				INSERT INTO feed_version (path, digest, change, modified) VALUES (?, ?, ?, ?)
				ON CONFLICT (path) DO UPDATE SET digest = excluded.digest, change = excluded.change, modified = excluded.modified`,
				path, v.digest[:], v.change, v.modified*1000)
			return err
		})
	}
	return time.Unix(v.modified, 0).UTC(), v.digest == digest, err
}

// feedVersion is a row of feed_version. Its zero value is a feed nobody asked for.
type feedVersion struct {
	digest   [32]byte
	change   int64
	modified int64 // seconds
}

func readFeedVersion(ctx context.Context, tx *sql.Tx, path string) (feedVersion, error) {
	var v feedVersion
	var digest []byte
	err := tx.QueryRowContext(ctx, `SELECT digest, change, modified / 1000 FROM feed_version WHERE path = ?`, path).
		Scan(&digest, &v.change, &v.modified)
	if errors.Is(err, sql.ErrNoRows) {
		return feedVersion{}, nil
	}
	copy(v.digest[:], digest)
	return v, err
}
