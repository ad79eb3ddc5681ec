package store

import (
	"context"
	"database/sql"
	"slices"
	"time"
)

// Workers counts the processes whose lease on the outbox has not run out, and those of
// them that enlisted before one. It counts none for a worker that is not among them. It
// implements [mailer.Peers].
func (s *Store) Workers(ctx context.Context, worker int64, now time.Time) (n, before int, err error) {
	err = s.read(ctx, "count workers", func(tx *sql.Tx) error {
		var listed bool
		err := tx.QueryRowContext(ctx, `
			SELECT count(*), count(*) FILTER (WHERE id < ?1), count(*) FILTER (WHERE id = ?1)
			FROM worker WHERE lease >= ?2`, worker, now.UnixMilli()).Scan(&n, &before, &listed)
		if !listed {
			n, before = 0, 0
		}
		return err
	})
	return n, before, err
}

// passed is what went out from here after a time, or may have, and what others than one
// worker are sending at this moment. A clock that ran ahead may have noted more. Its parameters are
// the worker, that time, and now.
const passed = `passed (subscriber_id, at) AS (
	SELECT subscriber_id, CASE state WHEN 'sending' THEN ?3 ELSE at END FROM delivery
	WHERE issue_id IN (SELECT id FROM issue WHERE finished_at IS NULL OR finished_at > ?2)
		AND ((state IN ('sent', 'uncertain') OR doubtful AND NOT open AND attempts > 0) AND at > ?2 AND at <= ?3 OR state = 'sending' AND worker_id <> ?1)
	UNION ALL
	SELECT subscriber_id, CASE state WHEN 'sending' THEN ?3 ELSE at END FROM notice
	WHERE (state IN ('sent', 'uncertain') OR doubtful AND NOT open) AND at > ?2 AND at <= ?3 OR state = 'sending' AND worker_id <> ?1)`

// SentSince gives when the last mails went out after a time, or may have, by whichever
// worker, and now for each that another than this one is sending: at most so many, the
// oldest first. It implements [mailer.Peers].
func (s *Store) SentSince(ctx context.Context, worker int64, since, now time.Time, limit int) ([]time.Time, error) {
	var sent []time.Time
	err := s.read(ctx, "see what was sent lately", func(tx *sql.Tx) error {
		return each(ctx, tx, func(row scanner) error {
			var at int64
			err := row.Scan(&at)
			sent = append(sent, time.UnixMilli(at).UTC())
			return err
		}, `WITH `+passed+` SELECT at FROM passed ORDER BY at DESC LIMIT ?4`,
			worker, since.UnixMilli(), now.UnixMilli(), limit)
	})
	slices.Reverse(sent)
	return sent, err
}

// SentToDomains does so for each domain, in lower case. It implements [mailer.Peers].
func (s *Store) SentToDomains(ctx context.Context, worker int64, since, now time.Time, limit int) (map[string][]time.Time, error) {
	sent := make(map[string][]time.Time)
	err := s.read(ctx, "see what was sent lately by domain", func(tx *sql.Tx) error {
		return each(ctx, tx, func(row scanner) error {
			var domain string
			var at int64
			err := row.Scan(&domain, &at)
			sent[domain] = append(sent[domain], time.UnixMilli(at).UTC())
			return err
		}, `WITH `+passed+`,
			addressed (domain, at) AS (
				SELECT `+domainOfReader+`, p.at
				FROM passed AS p JOIN subscriber AS s ON s.id = p.subscriber_id WHERE s.email IS NOT NULL),
			counted (domain, at, nth) AS (
				SELECT domain, at, row_number() OVER (PARTITION BY domain ORDER BY at DESC) FROM addressed)
			SELECT domain, at FROM counted WHERE nth <= ?4 ORDER BY at`,
			worker, since.UnixMilli(), now.UnixMilli(), limit)
	})
	return sent, err
}
