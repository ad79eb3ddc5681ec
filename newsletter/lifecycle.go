package newsletter

import "time"

// MayBecome tells whether a subscriber may pass from s to next. Who may ask for
// it is a second question, see [MayLift].
func (s State) MayBecome(next State) bool {
	switch s {
	case Pending:
		return next == Active || next == Unsubscribed || next == Bounced || next == Complained || next == Erased
	case Active:
		return next == Unsubscribed || next == Bounced || next == Complained || next == Erased
	case Unsubscribed: // a report of spam may come after the farewell
		return next == Pending || next == Active || next == Complained || next == Erased
	case Bounced: // the wish to leave weighs more than a broken mailbox
		return next == Active || next == Unsubscribed || next == Complained || next == Erased
	case Complained:
		return next == Erased
	}
	return false // who was erased comes back as a new subscriber only
}

// StateError says that a subscriber may not pass to a state, and why.
type StateError struct {
	From, To State
	Why      string // a clause that tells a person what holds, and what to do
}

func (e *StateError) Error() string {
	return "the subscriber is " + string(e.From) + " and cannot become " + string(e.To) + ": " + e.Why
}

// refuse explains why s may not become next.
func (s State) refuse(next State) *StateError {
	why := "that step does not exist"
	switch s {
	case Unsubscribed:
		why = "only the reader can come back, by subscribing again and confirming it"
	case Bounced:
		why = "the mailbox did not exist; the operator may make the subscriber active once it does"
	case Complained:
		why = "who reported the mail as spam is never mailed again"
	case Erased:
		why = "nothing is left of this subscriber; add the address as a new one"
	}
	return &StateError{s, next, why}
}

// to changes the state. To be where one wants to go is no error and no change,
// so that a second click on the same link does what the first did.
func (s Subscriber) to(next State, now time.Time) (Subscriber, error) {
	if s.State == next {
		return s, nil
	}
	if !s.State.MayBecome(next) {
		return s, s.State.refuse(next)
	}
	s.State, s.Changed = next, now
	return s, nil
}

// Confirm makes a pending subscriber active, or brings one back whose state by
// may lift. A caller that finds a [Suppression] of the address asks [MayLift]
// for its reason too, and removes it in the same transaction. A refusal is a
// [*StateError].
func (s Subscriber) Confirm(by Lift, now time.Time) (Subscriber, error) {
	if s.State == Active {
		return s, nil
	}
	if s.State != Pending && !MayLift(s.State, by) {
		return s, s.State.refuse(Active)
	}
	s.PausedUntil = time.Time{}
	return s.to(Active, now)
}

// Rejoin makes one who left pending again, at their own request, until they
// confirm. It changes nothing for those who are pending or active already.
// A refusal is a [*StateError].
func (s Subscriber) Rejoin(now time.Time) (Subscriber, error) {
	if s.State == Active {
		return s, nil
	}
	return s.to(Pending, now)
}

// Leave makes the subscriber unsubscribed. It never fails: for those whom a
// stronger state already keeps from being mailed it changes nothing.
func (s Subscriber) Leave(now time.Time) Subscriber {
	left, err := s.to(Unsubscribed, now)
	if err != nil {
		return s
	}
	left.PausedUntil = time.Time{}
	return left
}

// Bounce records that the mailbox does not exist. It changes nothing for those
// who are not mailed anyway.
func (s Subscriber) Bounce(now time.Time) Subscriber {
	if bounced, err := s.to(Bounced, now); err == nil {
		return bounced
	}
	return s
}

// Complain records a report of spam. It changes nothing for the erased.
func (s Subscriber) Complain(now time.Time) Subscriber {
	if complained, err := s.to(Complained, now); err == nil {
		return complained
	}
	return s
}

// Erase removes what is personal and keeps what the ledger needs: the id, the
// dates and the state. The caller keeps a [Suppression] by
// [Keyring.AddressDigest], with the reason that s had before if that weighs more.
func (s Subscriber) Erase(now time.Time) Subscriber {
	if s.State == Erased {
		return s
	}
	return Subscriber{ID: s.ID, State: Erased, Cadence: s.Cadence, Cursor: s.Cursor, Created: s.Created, Changed: now}
}

// Paused tells whether the reader's break still lasts.
func (s Subscriber) Paused(now time.Time) bool { return now.Before(s.PausedUntil) }

// Mailable tells whether an issue may go to s now.
func (s Subscriber) Mailable(now time.Time) bool { return s.State == Active && !s.Paused(now) }
