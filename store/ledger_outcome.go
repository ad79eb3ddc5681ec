package store

import (
	"context"
	"errors"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// intent is the last moment at which a message can be stopped. The server's words
// of an earlier attempt stay in a row that is stopped: they may be all that is known.
func (r *recorder) intent(ctx context.Context, st standing, e mailer.Entry) (mailer.Verdict, error) {
	stopped := e
	stopped.Reply = st.reply
	switch {
	case st.worker != r.worker:
		return mailer.Lost, nil
	case st.state == mailer.Sending: // said twice, because the first answer was lost
		return mailer.Recorded, nil
	case !st.mailable():
		stopped.State = mailer.Suppressed
		return mailer.Refused, r.put(ctx, st, stopped)
	case st.issue.State == newsletter.Cancelled:
		return mailer.Refused, r.withhold(ctx, st, stopped)
	case !e.At.Before(st.expires):
		return mailer.Refused, r.expire(ctx, st, stopped)
	case st.issue.State == newsletter.Paused:
		return mailer.Refused, r.keep(ctx, st, stopped)
	}
	if err := maySend(ctx, r.tx); errors.Is(err, ErrLocked) {
		return mailer.Refused, r.keep(ctx, st, stopped)
	} else if err != nil {
		return mailer.Lost, err
	}
	return mailer.Recorded, r.put(ctx, st, e)
}

// keep gives a row back as it was: it can be claimed again once what stopped it is over.
func (r *recorder) keep(ctx context.Context, st standing, e mailer.Entry) error {
	e.State, e.Due, e.At = st.state, e.At, st.at
	return r.put(ctx, st, e)
}

// expire ends a delivery whose time is over. What may have arrived waits for the
// operator if that is the policy; else it ends without its posts being given back.
func (r *recorder) expire(ctx context.Context, st standing, e mailer.Entry) error {
	if st.doubtful {
		return r.put(ctx, st, r.doubted(e))
	}
	e.State, e.Reason = mailer.Failed, mailer.ReasonExpired
	return r.end(ctx, st, e)
}

// doubted is what becomes of a message that may have arrived and is not tried again.
func (r *recorder) doubted(e mailer.Entry) mailer.Entry {
	e.Due = time.Time{}
	if r.hold {
		e.State, e.Reason = mailer.Uncertain, ""
	} else {
		e.State, e.Reason = mailer.Failed, string(mailer.Uncertain)
	}
	return e
}

// withhold ends a delivery of a cancelled issue.
func (r *recorder) withhold(ctx context.Context, st standing, e mailer.Entry) error {
	e.Due = time.Time{}
	if e.State == mailer.Uncertain || st.doubtful {
		e.Reason = string(mailer.Uncertain)
		e.State = mailer.Withheld
		return r.put(ctx, st, e)
	}
	e.State = mailer.Withheld
	return r.end(ctx, st, e)
}

// end ends a delivery that did not go out, and gives its posts back.
func (r *recorder) end(ctx context.Context, st standing, e mailer.Entry) error {
	if !st.notice() {
		if err := giveBack(ctx, r.tx, st.issue, `d.subscriber_id = ?`, e.Key.Recipient); err != nil {
			return err
		}
	}
	return r.put(ctx, st, e)
}

// sent records that the transport took a message.
func (r *recorder) sent(ctx context.Context, st standing, e mailer.Entry) (mailer.Verdict, error) {
	switch {
	case st.state == mailer.Sent:
		return mailer.Recorded, nil
	case st.state == mailer.Sending && st.worker != r.worker:
		return mailer.Lost, nil
	}
	return mailer.Recorded, r.put(ctx, st, e)
}

// unsent records every other outcome of a row that is still this worker's, or
// that was taken from it and has found nobody since.
func (r *recorder) unsent(ctx context.Context, st standing, e mailer.Entry) (mailer.Verdict, error) {
	mine := st.worker == r.worker || st.worker == 0 && st.state == mailer.Uncertain
	if !mine || !st.state.Open() {
		return mailer.Lost, nil
	}
	switch {
	case e.State == mailer.Failed && e.Reason == mailer.ReasonExpired:
		return mailer.Recorded, r.expire(ctx, st, e)
	case e.State == mailer.Failed:
		if e.Suppress {
			if err := r.bounce(ctx, st, e); err != nil {
				return mailer.Lost, err
			}
		}
		return mailer.Recorded, r.put(ctx, st, e)
	case st.issue.State == newsletter.Cancelled:
		return mailer.Recorded, r.withhold(ctx, st, e)
	case e.State == mailer.Uncertain && e.Due.IsZero():
		return mailer.Recorded, r.put(ctx, st, r.doubted(e))
	}
	if e.State == mailer.Deferred {
		e.Due = dueAt(e, st.expires)
	}
	return mailer.Recorded, r.put(ctx, st, e)
}

// untried gives a row back until its time, with the state and the words that it has.
func (r *recorder) untried(ctx context.Context, st standing, e mailer.Entry) (mailer.Verdict, error) {
	e.State, e.Reply = st.state, st.reply
	switch {
	case st.worker != r.worker || !st.state.Open() || st.state == mailer.Sending:
		return mailer.Lost, nil
	case st.issue.State == newsletter.Cancelled:
		return mailer.Recorded, r.withhold(ctx, st, e)
	}
	e.Due, e.At = dueAt(e, st.expires), st.at
	return mailer.Recorded, r.put(ctx, st, e)
}

// dueAt is when a delivery that waits is tried: at the latest when its time
// is over, to be ended then.
func dueAt(e mailer.Entry, expires time.Time) time.Time {
	switch {
	case e.Due.IsZero():
		return e.At
	case e.Due.After(expires):
		return expires
	}
	return e.Due
}

// bounce records that the reader's mailbox does not exist.
func (r *recorder) bounce(ctx context.Context, st standing, e mailer.Entry) error {
	m, err := scanMember(r.tx.QueryRowContext(ctx, `SELECT `+memberColumns+` FROM subscriber WHERE id = ?`, st.row))
	if err != nil {
		return err
	}
	to := m.Bounce(e.At)
	if to.State == m.State {
		return nil
	}
	_, err = change(ctx, r.tx, m, to, Record{Detail: e.Reply, Issue: st.issue.ID}, e.At)
	return err
}
