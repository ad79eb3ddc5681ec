package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"postrider/mailer"
)

// plainly records what hardly any message goes beyond: the intent to send a
// delivery of an open issue to an active reader, and that the transport took it.
// Each is one statement that looks and writes; it reports false, having changed
// nothing, where something stands in the way, and [recorder.record] then finds
// out what.
//
// Only columns that change are set: SQLite writes to the index of every column
// named in SET.
func (r *recorder) plainly(ctx context.Context, e mailer.Entry) (bool, error) {
	if e.Key.Issue == 0 {
		return false, nil
	}
	switch e.State {
	case mailer.Sending:
		if expires, err := r.openUntil(ctx, e.Key.Issue); err != nil || !e.At.Before(expires) {
			return false, err
		}
		return changed(r.tx.ExecContext(ctx, `
			UPDATE delivery SET state = 'sending', attempts = attempts + 1, at = ?, reason = NULL, reply = NULL
			WHERE issue_id = ? AND subscriber_id = ? AND worker_id = ? AND open AND state <> 'sending'
				AND EXISTS (SELECT 1 FROM subscriber WHERE id = delivery.subscriber_id AND state = 'active')`,
			e.At.UnixMilli(), e.Key.Issue, e.Key.Recipient, r.worker))
	case mailer.Sent:
		done, err := changed(r.tx.ExecContext(ctx, `
			UPDATE delivery SET state = 'sent', open = 0, worker_id = NULL, at = ?, reply = nullif(?, '')
			WHERE issue_id = ? AND subscriber_id = ? AND worker_id = ? AND state = 'sending'
				AND EXISTS (SELECT 1 FROM subscriber WHERE id = delivery.subscriber_id AND state <> 'erased')`,
			e.At.UnixMilli(), e.Reply, e.Key.Issue, e.Key.Recipient, r.worker))
		if done {
			r.ended[e.Key.Issue] = e.At
		}
		return done, err
	}
	return false, nil
}

// openUntil tells when an issue that may be sent expires; the zero time stands for
// one that may not. It is asked once for all entries.
func (r *recorder) openUntil(ctx context.Context, row int64) (time.Time, error) {
	if at, known := r.open[row]; known {
		return at, nil
	}
	var expires sql.NullInt64
	err := r.tx.QueryRowContext(ctx,
		`SELECT expires_at FROM issue WHERE id = ? AND state IN ('expanding', 'sending')`, row).Scan(&expires)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	r.open[row] = instant(expires)
	return r.open[row], err
}

// changed tells whether a statement changed a row.
func changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
