package mailer

import (
	"errors"
	"log/slog"
)

// The reasons of a failed delivery, one word each.
const (
	ReasonRefused = "refused" // the server refused it for good
	ReasonExpired = "expired" // refused for now until its time was over
)

// ReasonRate is why a delivery waits that was not tried: the rate of its domain.
const ReasonRate = "rate"

// asSendError gives the *SendError in err. Any other error breaks the promise
// of [Conn] and tells nothing: then the worst must be assumed.
func asSendError(err error) *SendError {
	if err == nil {
		return nil
	}
	if serr, ok := errors.AsType[*SendError](err); ok {
		return serr
	}
	return &SendError{Fate: Unknown, Broken: true, Err: err}
}

// outcomeOf turns what the transport said into what the ledger is told.
func (c *courier) outcomeOf(d Delivery, reply string, serr *SendError) Entry {
	e := Entry{Key: d.Key, State: Sent, At: c.now(), Reply: clip(reply)}
	if serr == nil {
		if c.log.Enabled(c.ctx, slog.LevelDebug) { // the arguments cost something each time
			c.log.Debug("sent", "issue", d.IssueID, "to", d.To, "reply", reply)
		}
		return e
	}
	e.Reply = serr.Reply
	if e.Reply == "" {
		e.Reply = clip(serr.Error())
	}
	switch serr.Fate {
	case Permanent:
		e.State, e.Reason, e.Suppress = Failed, ReasonRefused, serr.NoMailbox()
	case Unknown:
		c.uncertain(&e, d)
	default:
		c.deferred(&e, d)
		if e.State == Deferred && (serr.away || crowding(serr)) { // nothing is wrong with it: another takes it
			e.Due = e.At
		}
	}
	c.log.Info("not sent", "issue", d.IssueID, "to", d.To, "state", e.State, "reply", e.Reply)
	return e
}

// deferred sets when to try again, or that it is too late for that. What our
// own end cut short is due at once.
func (c *courier) deferred(e *Entry, d Delivery) {
	if c.sending.Err() != nil {
		e.State, e.Due = Deferred, e.At
		return
	}
	due, ok := RetryAt(d.Key, d.Attempt, e.At, d.Expires)
	switch {
	case ok:
		e.State, e.Due = Deferred, due
	case d.Uncertain:
		// An earlier attempt may have arrived: to say that it failed could be wrong.
		e.State = Uncertain
	default:
		e.State, e.Reason = Failed, ReasonExpired
	}
}

// uncertain sets when to send it again, if that is the policy and there is
// time; without Due it waits for the operator.
func (c *courier) uncertain(e *Entry, d Delivery) {
	e.State = Uncertain
	if c.Hold {
		return
	}
	if due, ok := RetryAt(d.Key, d.Attempt, e.At, d.Expires); ok {
		e.Due = due
	}
}
