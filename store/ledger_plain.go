package store

import (
	"context"
	"errors"

	"postrider/mailer"
)

// What hardly any message goes beyond: the intent to send a delivery of an open
// issue to an active reader, and that the transport took it. Statements that look
// and write at once do that; they change nothing where something stands in the way,
// and [recorder.record] then finds out what. Only columns that change are set: SQLite
// writes to the index of every column named in SET.

// errApart says that some intent met something that stands in its way: each entry must be
// recorded by itself, in a new transaction.
var errApart = errors.New("an intent is not plain")

// intents records all intents to send deliveries, with one statement an issue, which
// takes two thirds of the time that it takes one by one. They are dated by the last of
// them.
func (r *recorder) intents(ctx context.Context, entries []mailer.Entry) error {
	for i, first := range entries {
		issue := first.Key.Issue
		if !isIntent(first) || r.begun[issue] {
			continue
		}
		r.begun[issue] = true
		at, rows := first.At, make([]int64, 0, len(entries)-i)
		for _, e := range entries[i:] {
			if isIntent(e) && e.Key.Issue == issue {
				rows = append(rows, e.Key.Recipient)
				if e.At.After(at) {
					at = e.At
				}
			}
		}
		n, err := exec(ctx, r.tx, intentSQL, at.UnixMilli(), issue, list(rows), r.worker, issue, at.UnixMilli())
		if err != nil {
			return err
		}
		if n != int64(len(rows)) {
			return errApart
		}
	}
	return nil
}

// isIntent tells whether an entry is the intent to send a delivery of an issue.
func isIntent(e mailer.Entry) bool { return e.State == mailer.Sending && e.Key.Issue != 0 }

const intentSQL = `
	UPDATE delivery SET state = 'sending', attempts = attempts + 1, at = ?, reason = NULL, reply = NULL
	WHERE issue_id = ? AND subscriber_id IN (SELECT value FROM json_each(?))
		AND worker_id = ? AND open AND state <> 'sending'
		AND EXISTS (SELECT 1 FROM subscriber WHERE id = delivery.subscriber_id AND state = 'active')
		AND (SELECT expires_at FROM issue WHERE id = ? AND state IN ('expanding', 'sending')) > ?
		AND (SELECT locked FROM house) = ''`

// sentPlainly records that the transport took a delivery. It reports false, having
// changed nothing, where something stands in the way.
func (r *recorder) sentPlainly(ctx context.Context, e mailer.Entry) (bool, error) {
	if e.State != mailer.Sent || e.Key.Issue == 0 {
		return false, nil
	}
	n, err := exec(ctx, r.tx, sentSQL, e.At.UnixMilli(), e.Reply, e.Key.Issue, e.Key.Recipient, r.worker)
	if n > 0 {
		r.ended[e.Key.Issue] = e.At
	}
	return n > 0, err
}

const sentSQL = `
	UPDATE delivery SET state = 'sent', open = 0, worker_id = NULL, at = ?, reply = nullif(?, '')
	WHERE issue_id = ? AND subscriber_id = ? AND worker_id = ? AND state = 'sending'
		AND EXISTS (SELECT 1 FROM subscriber WHERE id = delivery.subscriber_id AND state <> 'erased')`
