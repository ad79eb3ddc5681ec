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
	OldestDue time.Time // since when a mail is due that no living process has taken; zero: none is
	Workers   int       // processes that work the outbox
	Paused    []PausedIssue
	PostDue   time.Time // since when a scheduled post should be published; zero: none should
	// InstantDue is since when posts wait for readers of cadence instant; zero: none do.
	InstantDue time.Time
	Digests    map[string]DigestStanding // by name
}

// PausedIssue is an issue that waits for the operator, and why.
type PausedIssue struct{ ID, Note string }

// DigestStanding is what [newsletter.Digest.Due] needs to know of a digest.
type DigestStanding struct {
	FirstSeen time.Time // when its name first stood in the settings
	LastDate  string    // of its last window that was handled; "" if none was
}

// For how long mail may be due: less where no process works the outbox, since a
// large issue, a rate of the settings or a relay that takes little keep those that do.
const (
	leftAlone = 5 * time.Minute
	takesLong = 15 * time.Minute
)

// Overdue tells for how long mail has been due, and whether that is too long.
func (st Standing) Overdue(now time.Time) (age time.Duration, long bool) {
	if st.OldestDue.IsZero() {
		return 0, false
	}
	age = now.Sub(st.OldestDue)
	return age, age > takesLong || st.Workers == 0 && age > leftAlone
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
		if st.OldestDue, err = oldestMail(ctx, tx, now); err != nil {
			return err
		}
		if st.Workers, err = liveWorkers(ctx, tx, now); err != nil {
			return err
		}
		if st.Paused, err = pausedIssues(ctx, tx); err != nil {
			return err
		}
		if err := oldestDue(ctx, tx, &st.PostDue, `
			SELECT min(scheduled_at) FROM post WHERE state = 'scheduled' AND scheduled_at <= ?`, now.UnixMilli()); err != nil {
			return err
		}
		if err := oldestDue(ctx, tx, &st.InstantDue, instantDueSQL, now.UnixMilli()); err != nil {
			return err
		}
		st.Digests, err = digestStandings(ctx, tx)
		return err
	})
	return st, err
}

// instantDueSQL asks who is furthest behind, and for how long that may be said of them:
// who comes over from another cadence, or back from a pause, has old posts before them.
const instantDueSQL = `
	SELECT max((SELECT numbered_at FROM post WHERE number > s.cursor ORDER BY number LIMIT 1),
		s.changed_at, coalesce(s.paused_until, 0))
	FROM subscriber AS s
	WHERE cadence = 'instant' AND state = 'active' AND ` + notPaused + ` ORDER BY cursor LIMIT 1`

func pausedIssues(ctx context.Context, tx *sql.Tx) (paused []PausedIssue, err error) {
	err = each(ctx, tx, func(row scanner) error {
		var is PausedIssue
		err := row.Scan(&is.ID, &is.Note)
		paused = append(paused, is)
		return err
	}, `SELECT public_id, note FROM issue WHERE state = 'paused' ORDER BY id`)
	return paused, err
}

// oldestMail gives since when a mail is due that nobody has taken, or that has been
// taken by a process that is gone: that one is due since its lease ended.
func oldestMail(ctx context.Context, tx *sql.Tx, now time.Time) (oldest time.Time, err error) {
	issues, err := workedIssues(ctx, tx)
	if err != nil {
		return oldest, err
	}
	for _, issue := range issues {
		if err := oldestDue(ctx, tx, &oldest, `
			SELECT due_at FROM delivery WHERE issue_id = ? AND `+openDelivery+` AND due_at <= ? ORDER BY due_at LIMIT 1`,
			issue, now.UnixMilli()); err != nil {
			return oldest, err
		}
	}
	if err := oldestDue(ctx, tx, &oldest, `
		SELECT due_at FROM notice WHERE `+openDelivery+` AND due_at <= ? ORDER BY due_at LIMIT 1`, now.UnixMilli()); err != nil {
		return oldest, err
	}
	gone := map[int64]int64{} // workers, and when their lease ended
	if err := each(ctx, tx, func(row scanner) error {
		var worker, lease int64
		err := row.Scan(&worker, &lease)
		gone[worker] = lease
		return err
	}, `SELECT id, lease FROM worker WHERE lease < ?`, now.UnixMilli()); err != nil {
		return oldest, err
	}
	for worker, lease := range gone {
		for _, held := range []string{heldDeliveries, `notice WHERE worker_id = ?`} {
			if err := oldestDue(ctx, tx, &oldest, `SELECT ? FROM `+held+` LIMIT 1`, lease, worker); err != nil {
				return oldest, err
			}
		}
	}
	return oldest, nil
}

func digestStandings(ctx context.Context, tx *sql.Tx) (map[string]DigestStanding, error) {
	digests := make(map[string]DigestStanding)
	err := each(ctx, tx, func(row scanner) error {
		var name string
		var seen sql.NullInt64
		var d DigestStanding
		err := row.Scan(&name, &seen, &d.LastDate)
		d.FirstSeen = instant(seen)
		digests[name] = d
		return err
	}, `SELECT name, first_seen, coalesce((
			SELECT window FROM digest_window WHERE digest = name AND `+dated+` ORDER BY window DESC LIMIT 1), '')
		FROM digest`)
	return digests, err
}

// oldestDue lowers a time to the one that a query finds, if it finds any.
func oldestDue(ctx context.Context, tx *sql.Tx, oldest *time.Time, query string, args ...any) error {
	var due sql.NullInt64
	err := tx.QueryRowContext(ctx, query, args...).Scan(&due)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if at := instant(due); err == nil && due.Valid && (oldest.IsZero() || at.Before(*oldest)) {
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
	OldestDue   time.Time                      // as in [Standing]
	Workers     int                            // as in [Standing]
}

// Figures counts what there is at a time.
func (s *Store) Figures(ctx context.Context, now time.Time) (Figures, error) {
	f := Figures{
		Posts: make(map[post.State]int64), Subscribers: make(map[newsletter.State]int64),
		Deliveries: make(map[mailer.DeliveryState]int64), Notices: make(map[mailer.DeliveryState]int64),
		FeedReaders: make(map[FeedReaders]int64),
	}
	err := s.read(ctx, "count the house", func(tx *sql.Tx) (err error) {
		if err := tx.QueryRowContext(ctx, `SELECT change FROM house`).Scan(&f.Change); err != nil {
			return err
		}
		if f.OldestDue, err = oldestMail(ctx, tx, now); err != nil {
			return err
		}
		if f.Workers, err = liveWorkers(ctx, tx, now); err != nil {
			return err
		}
		err = errors.Join(
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
