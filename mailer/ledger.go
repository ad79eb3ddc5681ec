package mailer

import (
	"context"
	"time"

	"postrider/newsletter"
)

// DeliveryState is what the ledger says of one message to one reader.
type DeliveryState string

// The states of a delivery. The first four are open, the others final.
const (
	Queued     DeliveryState = "queued"     // not tried yet
	Sending    DeliveryState = "sending"    // committed before DATA; the server may have it
	Deferred   DeliveryState = "deferred"   // refused for now; tried again when due
	Uncertain  DeliveryState = "uncertain"  // its process or connection died while sending
	Sent       DeliveryState = "sent"       // the transport took responsibility (RFC 5321, section 4.2.5)
	Failed     DeliveryState = "failed"     // refused for good, or expired
	Suppressed DeliveryState = "suppressed" // the reader left before it was sent
	Withheld   DeliveryState = "cancelled"  // its issue was cancelled
)

// DeliveryStates lists every state in the order in which people read them.
func DeliveryStates() []DeliveryState {
	return []DeliveryState{Queued, Sending, Deferred, Uncertain, Sent, Failed, Suppressed, Withheld}
}

// Open tells whether a delivery in this state has not ended yet.
func (s DeliveryState) Open() bool {
	return s == Queued || s == Sending || s == Deferred || s == Uncertain
}

// Key names one row of the ledger.
type Key struct {
	Issue     int64 // 0 for a notice
	Recipient int64 // the subscriber's row, or the notice's
}

// Delivery is a claimed row of the ledger: all a worker needs to fill and send
// one message.
type Delivery struct {
	Key        Key
	Mould      int64     // which mould to fill, see [Ledger.Mould]; 0 if Message holds it
	Message    []byte    // a notice's own mould, as [Mould.Bytes] gave it
	Attempt    int       // counts from 1
	Uncertain  bool      // an earlier attempt may have arrived
	Due        time.Time // since when it could be claimed
	Expires    time.Time // when to stop trying
	IssueID    string    // the issue's public id, or the notice's key
	Subscriber newsletter.ID
	To         newsletter.Address
	Name       string
}

// Entry is one change a worker asks of the ledger: the intent to send (State
// Sending), what became of it, or that it was not tried and is given back until its time
// (State Queued, whatever the row's own is: that stays, with the last words).
type Entry struct {
	Key    Key
	State  DeliveryState
	At     time.Time
	Due    time.Time // Queued, Deferred, Uncertain: when to try; an Uncertain one without waits for the operator
	Reply  string    // the transport's last words: queue id, or refusal with its code
	Reason string    // Failed: "refused", "expired", …; Queued: "rate" or none; one word people can filter by
	// Suppress is set with Failed where the mailbox itself does not exist, so
	// that the subscriber's state becomes Bounced (RFC 3463: 5.1.1, 5.1.2, 5.1.10).
	Suppress bool
}

// Verdict is the ledger's answer to an Entry.
type Verdict int

// The verdicts.
const (
	Recorded Verdict = iota // done; after an intent: go ahead
	Refused                 // an intent only: reader gone, issue paused or cancelled, or past its time; forget it
	Lost                    // the row is no longer this worker's
)

// Ledger records intents and outcomes.
type Ledger interface {
	// Record applies the entries in one transaction that is on disk when it
	// returns, and answers each. A delivery whose reader may not be mailed any
	// more becomes Suppressed instead of Sending and is Refused.
	Record(ctx context.Context, worker int64, entries []Entry) ([]Verdict, error)
	// Mould returns the bytes of one variant's frozen message.
	Mould(ctx context.Context, id int64) ([]byte, error)
}

// Queue hands out deliveries under leases that are kept by worker: to renew
// its lease a worker touches one row, whatever it holds.
type Queue interface {
	// Enlist registers this process and returns its worker number.
	Enlist(ctx context.Context, p Process, lease time.Time) (worker int64, err error)
	// Renew prolongs the lease and takes back the claims of workers whose lease has
	// not moved for as long as a lease lasts, whatever clocks say, or whose process
	// alive says is dead: what they were sending becomes Uncertain, the rest is
	// claimable again.
	Renew(ctx context.Context, worker int64, now, lease time.Time, alive func(Process) bool) error
	// Claim gives up to limit due deliveries to the worker, notices first, and
	// shares between open issues so that a small one does not wait for a large one.
	// Before, it takes back those that the worker has claimed and not begun: they are
	// due, behind all others.
	Claim(ctx context.Context, worker int64, now time.Time, limit int, back ...Key) ([]Delivery, error)
	// Release returns what the worker still holds and strikes it off.
	Release(ctx context.Context, worker int64) error
}

// Process identifies a process on a machine, so that another process there can
// tell at once whether it still lives.
type Process struct {
	Host    string // the machine and its boot
	PID     int
	Started string // start time in the machine's own terms; guards against reused PIDs
}

// Tally says where the deliveries of one issue stand at a time.
type Tally struct {
	Count   map[DeliveryState]int64
	Claimed int64 // open ones that a worker holds, in whatever state
	Due     int64 // open ones whose time has come and that nobody holds
	Later   int64 // open ones that were tried and wait for another time, or for the operator
	Paced   int64 // open ones that only the rate of their domain has wait for another time
	Held    int64 // uncertain ones that wait for the operator's word, not for a time
	// NextDue is when the first of the others becomes due; zero if none waits for its time.
	NextDue time.Time
}

// Idle tells that nothing can be sent: what is open waits for its time, or for the
// operator.
func (t Tally) Idle() bool { return t.Claimed+t.Due == 0 && t.Count[Sending] == 0 }

// Settled tells that nothing can be sent, and nothing soon because only a rate keeps it
// back.
func (t Tally) Settled() bool { return t.Idle() && t.Paced == 0 }

// Open is how many deliveries have not ended.
func (t Tally) Open() int64 {
	var n int64
	for s, c := range t.Count {
		if s.Open() {
			n += c
		}
	}
	return n
}

// Total is how many deliveries there are.
func (t Tally) Total() int64 {
	var n int64
	for _, c := range t.Count {
		n += c
	}
	return n
}
