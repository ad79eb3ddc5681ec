// Package newsletter owns the rules of the list: who a subscriber is and which
// states they may pass through, what a cadence and a schedule mean, which posts
// an issue holds for whom, what consent is worth and how a token is made and
// read. It is pure: no I/O, and every time it needs is an argument.
package newsletter

import "time"

// Subscriber is an address that asked for mail, and how much of it.
type Subscriber struct {
	ID          ID
	Email       Address
	Name        string // as the reader gave it; may be empty
	State       State
	Cadence     Cadence
	Topics      []string  // tags in their folded form (see [post.FoldTag]), sorted; none means everything
	Cursor      int64     // the publication number up to which the reader was served
	Skip        []int64   // numbers above Cursor already sent by hand; ascending
	PausedUntil time.Time // no mail before this instant; zero: not paused
	Created     time.Time
	Changed     time.Time // the last change of State, or of what the reader chose
}

// State is where a subscriber stands.
type State string

// The states of a subscriber. Only an active one is ever mailed an issue.
const (
	Pending      State = "pending"      // asked, but has not confirmed
	Active       State = "active"       //
	Unsubscribed State = "unsubscribed" // left
	Bounced      State = "bounced"      // the mailbox does not exist
	Complained   State = "complained"   // reported the mail as spam; never mailed again
	Erased       State = "erased"       // personal data removed at the reader's wish
)

// States lists every state in the order in which people read them.
func States() []State {
	return []State{Pending, Active, Unsubscribed, Bounced, Complained, Erased}
}

// Cadence is how often a subscriber wants mail.
type Cadence string

// The cadences.
const (
	Instant Cadence = "instant"
	Daily   Cadence = "daily"
	Weekly  Cadence = "weekly"
	Monthly Cadence = "monthly"
)

// Cadences lists every cadence from the most to the least frequent.
func Cadences() []Cadence { return []Cadence{Instant, Daily, Weekly, Monthly} }

// Consent is one entry of the append-only record of who agreed to what.
type Consent struct {
	At     time.Time
	Action ConsentAction
	Text   string // the words agreed to, as shown then
	Source string // from where: a client address, a file, an operator
	Method string // how it came: ByForm, ByImport and so on
}

// ConsentAction is what a consent entry records.
type ConsentAction string

// The actions of consent.
const (
	Asked     ConsentAction = "asked"     // subscribed, not yet confirmed
	Confirmed ConsentAction = "confirmed" // double opt-in, or the operator vouches for it
	Withdrew  ConsentAction = "withdrew"  // unsubscribed or erased
)

// Suppression is an address that must never be mailed again.
type Suppression struct {
	Email  Address // empty once its subscriber is erased
	Reason State   // Unsubscribed, Bounced, Complained or Erased
	At     time.Time
	Detail string // the words of the server or the reader
}
