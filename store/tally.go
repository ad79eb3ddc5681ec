package store

import (
	"context"
	"database/sql"

	"postrider/mailer"
)

// Tally counts the deliveries of an issue by state. Without an issue it counts
// those of every open issue that is not paused, and all notices that have not
// ended: what an outbox has before it.
func (s *Store) Tally(ctx context.Context, issueID string) (mailer.Tally, error) {
	now := s.options.now().UnixMilli()
	tally := mailer.Tally{Count: make(map[mailer.DeliveryState]int64)}
	err := s.read(ctx, "count deliveries", func(tx *sql.Tx) error {
		issues, err := asked(ctx, tx, issueID)
		if err != nil {
			return err
		}
		for _, issue := range issues {
			if err := tallyIssue(ctx, tx, &tally, issue, now); err != nil {
				return err
			}
		}
		if issueID != "" {
			return nil
		}
		return tallyInto(ctx, tx, &tally, `
			SELECT `+tallied+` FROM notice WHERE `+openDelivery+` GROUP BY state`, now)
	})
	return tally, err
}

// Crowd is how many mails can go now to the one domain that has most of them, of those
// domains that get more than so many in all: such as a rate of each domain holds up. It is
// of an issue or, without one, of all that [Store.Tally] counts, but for notices. It takes
// some seconds for a million.
func (s *Store) Crowd(ctx context.Context, issueID string, most int) (crowd int64, err error) {
	now := s.options.now().UnixMilli()
	err = s.read(ctx, "count deliveries by domain", func(tx *sql.Tx) error {
		issues, err := asked(ctx, tx, issueID)
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, crowdSQL, now, list(issues), most).Scan(&crowd)
	})
	return crowd, err
}

// crowdSQL is for a time (?1), issues (?2) and how many may go to a domain (?3).
const crowdSQL = `SELECT coalesce(max(ready), 0) FROM (
	SELECT sum(d.ready) AS ready
	FROM (SELECT subscriber_id, open AND NOT (` + laterDelivery + `) AS ready FROM delivery
			WHERE issue_id IN (SELECT value FROM json_each(?2))) AS d
		JOIN subscriber AS s ON s.id = d.subscriber_id
	WHERE s.email IS NOT NULL
	GROUP BY ` + domainOfReader + ` HAVING count(*) > ?3)`

// Moving tells whether something of an issue can happen now: some of its mail is due and it
// is not paused, or a worker holds some. It reads one row to tell that it can, and to tell
// that it cannot those that the operator has to decide about. Without an issue it tells of
// all that [Store.Tally] counts.
func (s *Store) Moving(ctx context.Context, issueID string) (moving bool, err error) {
	now := s.options.now().UnixMilli()
	err = s.read(ctx, "look for deliveries to be sent", func(tx *sql.Tx) error {
		issues, err := asked(ctx, tx, issueID)
		if err != nil {
			return err
		}
		for _, issue := range issues {
			if err := tx.QueryRowContext(ctx, movingSQL, now, issue).Scan(&moving); err != nil || moving {
				return err
			}
		}
		if issueID != "" {
			return nil
		}
		return tx.QueryRowContext(ctx, movingNoticeSQL, now).Scan(&moving)
	})
	return moving, err
}

// movingNoticeSQL is for a time. What a worker holds has none.
const movingNoticeSQL = `SELECT EXISTS (SELECT 1 FROM notice WHERE ` + openDelivery + ` AND due_at <= ?)
	OR EXISTS (SELECT 1 FROM notice WHERE ` + openDelivery + ` AND due_at IS NULL AND worker_id IS NOT NULL)`

// movingSQL is for a time (?1) and an issue (?2).
const movingSQL = `SELECT EXISTS (SELECT 1 FROM issue WHERE id = ?2 AND state <> 'paused')
		AND EXISTS (SELECT 1 FROM delivery INDEXED BY delivery_open WHERE issue_id = ?2 AND ` + openDelivery + ` AND due_at <= ?1)
	OR EXISTS (SELECT 1 FROM delivery INDEXED BY delivery_open
		WHERE issue_id = ?2 AND ` + openDelivery + ` AND due_at IS NULL AND worker_id IS NOT NULL)`

// asked gives the row of the issue that is asked for, or of each that an outbox works at.
func asked(ctx context.Context, tx *sql.Tx, issueID string) ([]int64, error) {
	if issueID == "" {
		return workedIssues(ctx, tx)
	}
	is, err := issueByID(ctx, tx, issueID)
	return []int64{is.row}, err
}

func workedIssues(ctx context.Context, tx *sql.Tx) ([]int64, error) {
	var open []int64
	err := each(ctx, tx, func(row scanner) error {
		var id int64
		err := row.Scan(&id)
		open = append(open, id)
		return err
	}, `SELECT id FROM issue WHERE state IN ('expanding', 'sending')`)
	return open, err
}

func tallyIssue(ctx context.Context, tx *sql.Tx, tally *mailer.Tally, issue, now int64) error {
	return tallyInto(ctx, tx, tally, `
		SELECT `+tallied+` FROM delivery WHERE issue_id = ?2 GROUP BY state
		UNION ALL
		SELECT state, n, 0, 0, 0, 0, 0, NULL FROM pruned WHERE issue_id = ?2`, now, issue)
}

// tallied is what a tally of now (?1) is made of.
const tallied = `state, count(*), count(worker_id), count(CASE WHEN due_at <= ?1 THEN 1 END),
	count(CASE WHEN ` + laterDelivery + ` THEN 1 END), count(CASE WHEN ` + pacedDelivery + ` THEN 1 END),
	count(CASE WHEN state = 'uncertain' AND worker_id IS NULL AND due_at IS NULL THEN 1 END), min(CASE WHEN due_at > ?1 THEN due_at END)`

// laterDelivery: one that was tried and waits for a time after now (?1), or for the operator.
const laterDelivery = `(state = 'deferred' OR state = 'uncertain') AND worker_id IS NULL AND coalesce(due_at > ?1, 1)`

// domainOfReader: the domain of subscriber s, as the mailer names it.
const domainOfReader = `lower(substr(s.email, instr(s.email, '@') + 1))`

// pacedDelivery: one that only the rate of its domain has wait until after now (?1).
const pacedDelivery = `open AND reason = '` + mailer.ReasonRate + `' AND due_at > ?1`

// tallyInto adds what a query of [tallied] finds.
func tallyInto(ctx context.Context, tx *sql.Tx, tally *mailer.Tally, query string, args ...any) error {
	return each(ctx, tx, func(row scanner) error {
		var state mailer.DeliveryState
		var n, claimed, due, later, paced, held int64
		var next sql.NullInt64
		if err := row.Scan(&state, &n, &claimed, &due, &later, &paced, &held, &next); err != nil {
			return err
		}
		tally.Count[state] += n
		tally.Claimed += claimed
		tally.Due += due
		tally.Later += later
		tally.Paced += paced
		tally.Held += held
		if at := instant(next); !at.IsZero() && (tally.NextDue.IsZero() || at.Before(tally.NextDue)) {
			tally.NextDue = at
		}
		return nil
	}, query, args...)
}
