package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
	"postrider/post"
)

// Standing is what tells whether the house is in order. It costs the same however
// long the list is.
type Standing struct {
	Schema    int   // the version of the tables
	Change    int64 // see [Store.Change]
	Lock      Lock
	Unnoted   error     // why a copy that is put back over the file would not be noticed; nil: it would
	OldestDue time.Time // since when a mail is due that nobody has taken; zero: none is
}

// Standing reads how the house stands at a time.
func (s *Store) Standing(ctx context.Context, now time.Time) (Standing, error) {
	var st Standing
	err := s.read(ctx, "see how the house stands", func(tx *sql.Tx) (err error) {
		if err := tx.QueryRowContext(ctx, `SELECT user_version, change FROM pragma_user_version, house`).Scan(&st.Schema, &st.Change); err != nil {
			return err
		}
		if _, st.Lock, err = homeOf(ctx, tx); err != nil {
			return err
		}
		if st.Unnoted, err = s.unnoted(ctx, tx, st.Lock); err != nil {
			return err
		}
		issues, err := workedIssues(ctx, tx)
		if err != nil {
			return err
		}
		for _, issue := range issues {
			if err := oldestDue(ctx, tx, &st.OldestDue, `
				SELECT due_at FROM delivery WHERE issue_id = ? AND `+openDelivery+` AND due_at <= ? ORDER BY due_at LIMIT 1`,
				issue, now.UnixMilli()); err != nil {
				return err
			}
		}
		return oldestDue(ctx, tx, &st.OldestDue, `
			SELECT due_at FROM notice WHERE `+openDelivery+` AND due_at <= ? ORDER BY due_at LIMIT 1`, now.UnixMilli())
	})
	return st, err
}

// oldestDue lowers a time to the one that a query finds, if it finds any.
func oldestDue(ctx context.Context, tx *sql.Tx, oldest *time.Time, query string, args ...any) error {
	var due sql.NullInt64
	err := tx.QueryRowContext(ctx, query, args...).Scan(&due)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if at := instant(due); err == nil && (oldest.IsZero() || at.Before(*oldest)) {
		*oldest = at
	}
	return err
}

// Figures counts the house. That takes longer the longer the list is.
type Figures struct {
	Change      int64
	Posts       map[post.State]int64
	Subscribers map[newsletter.State]int64
	Deliveries  map[mailer.DeliveryState]int64 // of the issues that have not ended
	Notices     map[mailer.DeliveryState]int64 // that have not ended
	FeedReaders map[FeedReaders]int64          // how many people read feeds, as programs say
	LastIssue   time.Time                      // when the newest was made; zero: none was
	LastReaders int64                          // how many it is for
}

// Figures counts what there is.
func (s *Store) Figures(ctx context.Context) (Figures, error) {
	f := Figures{
		Posts: make(map[post.State]int64), Subscribers: make(map[newsletter.State]int64),
		Deliveries: make(map[mailer.DeliveryState]int64), Notices: make(map[mailer.DeliveryState]int64),
		FeedReaders: make(map[FeedReaders]int64),
	}
	err := s.read(ctx, "count the house", func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, `SELECT change FROM house`).Scan(&f.Change); err != nil {
			return err
		}
		err := errors.Join(
			countInto(ctx, tx, f.Posts, `SELECT state, count(*) FROM post GROUP BY state`),
			countInto(ctx, tx, f.Subscribers, `SELECT state, count(*) FROM subscriber GROUP BY state`),
			countInto(ctx, tx, f.Notices, `SELECT state, count(*) FROM notice WHERE `+openDelivery+` GROUP BY state`),
			countInto(ctx, tx, f.Deliveries, `
				SELECT state, count(*) FROM delivery
				WHERE issue_id IN (SELECT id FROM issue WHERE state IN ('expanding', 'sending', 'paused')) GROUP BY state`),
		)
		if err != nil {
			return err
		}
		if err := countFeedReaders(ctx, tx, f.FeedReaders); err != nil {
			return err
		}
		var at sql.NullInt64
		err = tx.QueryRowContext(ctx, `
			SELECT created_at, (SELECT count(*) FROM delivery WHERE issue_id = issue.id)
			FROM issue ORDER BY id DESC LIMIT 1`).Scan(&at, &f.LastReaders)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		f.LastIssue = instant(at)
		return err
	})
	return f, err
}

// countInto keeps the counts of a query of names and numbers.
func countInto[K ~string](ctx context.Context, tx *sql.Tx, counts map[K]int64, query string) error {
	return each(ctx, tx, func(row scanner) error {
		var name string
		var n int64
		err := row.Scan(&name, &n)
		counts[K(name)] = n
		return err
	}, query)
}
