package newsletter

import "slices"

// Lift is what ends a suppression.
type Lift string

// What may end a suppression.
const (
	OptIn    Lift = "double-opt-in" // the reader asked and confirmed it from the mailbox itself
	Operator Lift = "operator"      // the operator says so
)

// MayLift tells whether by ends a suppression with this reason: an
// unsubscription or an erasure ends when that person opts in again, a bounce when the
// operator says that the mailbox works, a complaint never. Where OptIn may lift
// it, one mail that asks for the confirmation may go to the address.
func MayLift(reason State, by Lift) bool {
	switch reason {
	case Unsubscribed, Erased:
		return by == OptIn
	case Bounced:
		return by == Operator
	}
	return false
}

// Weightier gives the reason that keeps an address from mail the longer, for an
// address that is suppressed twice. A state that suppresses nothing weighs nothing.
func Weightier(a, b State) State {
	order := []State{Erased, Unsubscribed, Bounced, Complained}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}
