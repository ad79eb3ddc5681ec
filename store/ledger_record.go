package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// Record applies what a worker is about to do and what came of what it did, in
// one transaction. It implements [mailer.Ledger].
//
// An intent is Refused, and the row ended or given back, if the reader may not be
// mailed any more, the issue is paused or cancelled, or its time is over. That a
// message was sent is believed of any worker, also of one taken for dead, unless
// another is sending it at that moment: what a server has accepted must not be
// sent again.
func (s *Store) Record(ctx context.Context, worker int64, entries []mailer.Entry) ([]mailer.Verdict, error) {
	verdicts, err := s.recordAll(ctx, worker, entries, true)
	if errors.Is(err, errApart) {
		return s.recordAll(ctx, worker, entries, false)
	}
	return verdicts, err
}

// recordAll does that, with all intents together or each entry by itself.
func (s *Store) recordAll(ctx context.Context, worker int64, entries []mailer.Entry, together bool) ([]mailer.Verdict, error) {
	verdicts := make([]mailer.Verdict, len(entries))
	err := s.write(ctx, "record deliveries", func(tx *sql.Tx) error {
		r := &recorder{tx: tx, worker: worker, hold: s.options.HoldUncertain,
			issues: make(map[int64]issue), begun: make(map[int64]bool), ended: make(map[int64]time.Time)}
		ctx := uninterrupted(ctx)
		if together {
			if err := r.intents(ctx, entries); err != nil {
				return err
			}
		}
		for i, e := range entries {
			if together && isIntent(e) {
				verdicts[i] = mailer.Recorded
				continue
			}
			var err error
			if verdicts[i], err = r.record(ctx, e); err != nil {
				return err
			}
		}
		return r.finish(ctx)
	})
	return verdicts, err
}

// recorder is one call of Record under way.
type recorder struct {
	tx     *sql.Tx
	worker int64
	hold   bool // what may have arrived waits for the operator
	issues map[int64]issue
	begun  map[int64]bool      // issues of which a delivery is being sent now
	ended  map[int64]time.Time // issues of which a delivery has ended
}

// standing is how a row of the ledger stands before an entry is applied.
type standing struct {
	state    mailer.DeliveryState
	doubtful bool      // some attempt may have arrived
	worker   int64     // 0: nobody's
	at       time.Time // of the last change of state
	reply    string    // the server's last words
	row      int64     // the subscriber's
	reader   newsletter.State
	expires  time.Time
	issue    issue // the zero issue for a notice
	asked    bool  // a notice that asks to confirm what still may be
}

// notice tells whether the row is one.
func (st standing) notice() bool { return st.issue.row == 0 }

// mailable tells whether the reader may get this message. A notice may ask one who
// is pending, or has left and wants to come back, to confirm.
func (st standing) mailable() bool {
	return st.reader == newsletter.Active || st.asked && (st.reader == newsletter.Pending || st.reader == newsletter.Unsubscribed)
}

func (r *recorder) record(ctx context.Context, e mailer.Entry) (mailer.Verdict, error) {
	if plain, err := r.sentPlainly(ctx, e); plain || err != nil {
		return mailer.Recorded, err
	}
	st, err := r.standing(ctx, e.Key)
	if errors.Is(err, sql.ErrNoRows) {
		return mailer.Lost, nil
	}
	if err != nil {
		return mailer.Lost, err
	}
	switch e.State {
	case mailer.Sending:
		return r.intent(ctx, st, e)
	case mailer.Sent:
		return r.sent(ctx, st, e)
	case mailer.Queued:
		return r.untried(ctx, st, e)
	case mailer.Failed, mailer.Deferred, mailer.Uncertain:
		return r.unsent(ctx, st, e)
	}
	return mailer.Lost, fmt.Errorf("a worker cannot record a delivery as %q", e.State)
}

func (r *recorder) standing(ctx context.Context, key mailer.Key) (standing, error) {
	var st standing
	var at, expires sql.NullInt64
	if key.Issue == 0 {
		err := r.tx.QueryRowContext(ctx, `
			SELECT n.state, n.doubtful, coalesce(n.worker_id, 0), n.at, coalesce(n.reply, ''), s.id, s.state, n.expires_at,
				EXISTS (SELECT 1 FROM request WHERE ref = n.request)
			FROM notice AS n JOIN subscriber AS s ON s.id = n.subscriber_id WHERE n.id = ?`, key.Recipient).
			Scan(&st.state, &st.doubtful, &st.worker, &at, &st.reply, &st.row, &st.reader, &expires, &st.asked)
		st.at, st.expires = instant(at), instant(expires)
		return st, err
	}
	err := r.tx.QueryRowContext(ctx, `
		SELECT d.state, d.doubtful, coalesce(d.worker_id, 0), d.at, coalesce(d.reply, ''), s.id, s.state
		FROM delivery AS d JOIN subscriber AS s ON s.id = d.subscriber_id
		WHERE d.issue_id = ? AND d.subscriber_id = ?`, key.Issue, key.Recipient).
		Scan(&st.state, &st.doubtful, &st.worker, &at, &st.reply, &st.row, &st.reader)
	if err != nil {
		return st, err
	}
	st.issue, err = r.issue(ctx, key.Issue)
	st.at, st.expires = instant(at), st.issue.Expires
	return st, err
}

// issue reads an issue once for all its entries.
func (r *recorder) issue(ctx context.Context, row int64) (issue, error) {
	if is, ok := r.issues[row]; ok {
		return is, nil
	}
	is, err := scanIssue(r.tx.QueryRowContext(ctx, `SELECT `+issueColumns+` FROM issue WHERE id = ?`, row))
	if err == nil {
		r.issues[row] = is
	}
	return is, err
}

// put writes how a row stands from now on. It leaves the row to nobody unless
// it is being sent.
func (r *recorder) put(ctx context.Context, st standing, e mailer.Entry) error {
	table, key := "delivery", "issue_id = ? AND subscriber_id = ?"
	if st.notice() {
		table, key = "notice", "? = 0 AND id = ?"
	}
	if st.reader == newsletter.Erased {
		e.Reply = "" // it may tell the address
	}
	worker, attempt := sql.NullInt64{}, 0
	if e.State == mailer.Sending {
		worker, attempt = sql.NullInt64{Int64: r.worker, Valid: true}, 1
	}
	_, err := r.tx.ExecContext(ctx, `
		UPDATE `+table+` SET state = ?, open = ?, worker_id = ?, attempts = attempts + ?, due_at = ?, at = ?,
			reason = nullif(?, ''), reply = nullif(?, ''), doubtful = doubtful OR ?
		WHERE `+key,
		e.State, e.State.Open(), worker, attempt, millis(e.Due), e.At.UnixMilli(), e.Reason, e.Reply,
		e.State == mailer.Uncertain || e.Reason == string(mailer.Uncertain), e.Key.Issue, e.Key.Recipient)
	if err != nil || e.State.Open() {
		return err
	}
	if st.notice() { // its message holds a link that speaks for the reader
		_, err = r.tx.ExecContext(ctx, `UPDATE notice SET mould = x'' WHERE id = ?`, e.Key.Recipient)
		return err
	}
	r.ended[st.issue.row] = e.At
	return nil
}

// finish ends the issues whose last delivery has ended.
func (r *recorder) finish(ctx context.Context) error {
	for row, at := range r.ended {
		if r.begun[row] {
			continue
		}
		if err := finish(ctx, r.tx, row, at.UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}

// Mould returns the frozen message of a variant. It implements [mailer.Ledger].
func (s *Store) Mould(ctx context.Context, id int64) ([]byte, error) {
	var mould []byte
	err := s.read(ctx, "read a frozen message", func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT mould FROM variant WHERE id = ?`, id).Scan(&mould)
		if errors.Is(err, sql.ErrNoRows) {
			err = notFound("variant", fmt.Sprint(id))
		}
		return err
	})
	return mould, err
}
