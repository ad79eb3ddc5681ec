package store

import (
	"context"
	"database/sql"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// IssueProgress is how an issue comes along.
type IssueProgress struct {
	Ended   int64         // how many deliveries ended, sent or failed,
	Span    time.Duration // in the last so long: a minute, or since the issue was cut
	Going   int64         // how many more will if it goes on so; 0 where none can go out now
	Last    time.Time     // when one was tried last; zero if none was
	Slowest []DomainProgress
	Domains int64 // for how many something is left, the slowest among them,
	Open    int64 // and how much
	Errors  []DeliveryError
}

// DomainProgress is what is left for one domain.
type DomainProgress struct {
	Domain   string
	Open     int64
	Deferred int64 // of those, refused for now
}

// DeliveryError is what a server said, to how many.
type DeliveryError struct {
	State  mailer.DeliveryState
	Reason string
	Reply  string
	Count  int64
	Last   time.Time
}

// progressLines is how many domains and errors are told.
const progressLines = 5

// IssueProgress looks at all deliveries of an issue, which takes some seconds for
// a million. Domains are ordered by how many of their deliveries were refused for
// now, then by how many are left; errors by when they were last heard.
func (s *Store) IssueProgress(ctx context.Context, id string, now time.Time) (IssueProgress, error) {
	var p IssueProgress
	err := s.read(ctx, "read an issue's progress", func(tx *sql.Tx) error {
		is, err := issueByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := p.pace(ctx, tx, is, now); err != nil {
			return err
		}
		if err := each(ctx, tx, func(row scanner) error {
			var d DomainProgress
			err := row.Scan(&d.Domain, &d.Open, &d.Deferred, &p.Domains, &p.Open)
			p.Slowest = append(p.Slowest, d)
			return err
		}, `SELECT `+domainOfReader+`, count(*), sum(d.state = 'deferred'), count(*) OVER (), sum(count(*)) OVER ()
			FROM delivery AS d INDEXED BY delivery_open JOIN subscriber AS s ON s.id = d.subscriber_id
			WHERE d.issue_id = ? AND d.`+openDelivery+` AND s.email IS NOT NULL
			GROUP BY 1 ORDER BY 3 DESC, 2 DESC, 1 LIMIT ?`, is.row, progressLines); err != nil {
			return err
		}
		return each(ctx, tx, func(row scanner) error {
			var e DeliveryError
			var last sql.NullInt64
			err := row.Scan(&e.State, &e.Reason, &e.Reply, &e.Count, &last)
			e.Last = instant(last)
			p.Errors = append(p.Errors, e)
			return err
		}, `SELECT state, coalesce(reason, ''), reply, count(*), max(at) FROM delivery
			WHERE issue_id = ? AND state IN ('deferred', 'uncertain', 'failed') AND reply IS NOT NULL
			GROUP BY 1, 2, 3 ORDER BY 5 DESC, 3 LIMIT ?`, is.row, progressLines)
	})
	return p, err
}

// Bounced is how many readers of an issue are off the list as they have no mailbox, of those
// whose mail was refused.
func (s *Store) Bounced(ctx context.Context, id string) (n int64, err error) {
	err = s.read(ctx, "count readers without a mailbox", func(tx *sql.Tx) error {
		is, err := issueByID(ctx, tx, id)
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `
			SELECT count(*) FROM delivery AS d JOIN subscriber AS s ON s.id = d.subscriber_id
			WHERE d.issue_id = ? AND d.state = 'failed' AND d.reason = '`+mailer.ReasonRefused+`' AND s.state = 'bounced'`, is.row).Scan(&n)
	})
	return n, err
}

// pace counts what has ended lately and what can go out now.
func (p *IssueProgress) pace(ctx context.Context, tx *sql.Tx, is issue, now time.Time) error {
	p.Span = min(now.Sub(is.Created), time.Minute)
	var last sql.NullInt64
	var ready bool
	err := tx.QueryRowContext(ctx, `
		SELECT count(CASE WHEN state IN ('sent', 'failed') AND at >= ?2 THEN 1 END),
			count(CASE WHEN open AND NOT (`+laterDelivery+`) THEN 1 END), count(worker_id) + count(CASE WHEN due_at <= ?1 THEN 1 END) > 0,
			max(CASE WHEN attempts > 0 AND state <> 'sending' THEN at END)
		FROM delivery WHERE issue_id = ?3`, now.UnixMilli(), now.Add(-p.Span).UnixMilli(), is.row).
		Scan(&p.Ended, &p.Going, &ready, &last)
	p.Last = instant(last)
	if !ready || is.State == newsletter.Paused {
		p.Going = 0
	}
	return err
}
