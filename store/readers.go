package store

import (
	"context"
	"database/sql"
)

// FeedReader is for how many people a program reads a feed, as it says itself.
type FeedReader struct {
	Feed        string // path below the site
	Reader      string // family of programs
	FeedID      string // the reader's own name for the feed; "" if it has none
	Subscribers int64
	Day         string // UTC, YYYY-MM-DD: when it last said so
}

// What is kept of readers. Programs can be made up, so there is an end to them.
const (
	feedReaderDays = "-30 days" // before the newest: who is silent for longer has left
	mostReaders    = 1000
)

// SeeFeedReaders keeps what readers said of themselves. What is known already is
// not written again, what is old is forgotten.
func (s *Store) SeeFeedReaders(ctx context.Context, seen []FeedReader) error {
	if len(seen) == 0 {
		return nil
	}
	return s.write(ctx, "keep the figures of feed readers", func(tx *sql.Tx) error {
		for _, r := range seen {
			if _, err := exec(ctx, tx, `
				INSERT INTO feed_reader (feed, reader, feed_id, subscribers, day) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET subscribers = excluded.subscribers, day = excluded.day
				 WHERE excluded.day > day OR excluded.day = day AND excluded.subscribers <> subscribers`,
				r.Feed, r.Reader, r.FeedID, r.Subscribers, r.Day); err != nil {
				return err
			}
		}
		_, err := exec(ctx, tx, `
			DELETE FROM feed_reader
			 WHERE day < (SELECT date(max(day), ?1) FROM feed_reader)
			    OR (feed, reader, feed_id) IN (
				SELECT feed, reader, feed_id FROM feed_reader ORDER BY day DESC, subscribers DESC, feed, reader, feed_id LIMIT -1 OFFSET ?2)`,
			feedReaderDays, mostReaders)
		return err
	})
}

// FeedReaders returns what readers said of themselves last, by feed, those with
// the most people first.
func (s *Store) FeedReaders(ctx context.Context) ([]FeedReader, error) {
	var list []FeedReader
	err := s.read(ctx, "list feed readers", func(tx *sql.Tx) error {
		return each(ctx, tx, func(row scanner) error {
			var r FeedReader
			err := row.Scan(&r.Feed, &r.Reader, &r.FeedID, &r.Subscribers, &r.Day)
			list = append(list, r)
			return err
		}, `SELECT feed, reader, feed_id, subscribers, day FROM feed_reader ORDER BY feed, subscribers DESC, reader, feed_id`)
	})
	return list, err
}

// FeedReaders are those who read a feed through one family of programs.
type FeedReaders struct{ Feed, Reader string }

func countFeedReaders(ctx context.Context, tx *sql.Tx, counts map[FeedReaders]int64) error {
	return each(ctx, tx, func(row scanner) error {
		var by FeedReaders
		var n int64
		err := row.Scan(&by.Feed, &by.Reader, &n)
		counts[by] = n
		return err
	}, `SELECT feed, reader, sum(subscribers) FROM feed_reader GROUP BY feed, reader`)
}
