package mailer

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Outbox works the ledger: it claims deliveries under a lease, fills and sends
// them over a number of connections, and has every outcome on disk before the
// next message of that connection begins. Any number of outboxes, in any number
// of processes, may work one ledger.
//
// Each of its connections belongs to one goroutine (a courier). Before a
// message it commits the intent, state Sending; so what is Sending when a
// process dies is at most one message a connection, and the only ones of which
// nobody knows whether they arrived. The outcome of one message and the intent
// of the next travel together, and what several couriers have to record at
// the same moment goes to disk as one transaction.
//
// Set the first four fields; the others have defaults. Use an Outbox for one
// Run at a time.
type Outbox struct {
	Queue     Queue
	Ledger    Ledger
	Transport Transport
	// Fill appends the message of a delivery to dst and gives its envelope. It
	// is called by several goroutines at once. An error defers the delivery.
	Fill func(ctx context.Context, dst []byte, d Delivery) (message []byte, env Envelope, err error)

	Connections int  // 0: 1
	Rate        Rate // over all domains, and over all workers if Peers is set
	Domains     DomainLimits
	// Peers tells of the others that work the ledger; they share the limits in equal
	// parts, and those that begin go on from what was sent before. nil: there are none.
	Peers Peers
	// Rests is where the workers tell each other which domains get too much. nil: each
	// learns that for itself.
	Rests Rests
	// Pause stops an issue and keeps the reason for the operator. It is called when
	// too many of its messages are refused for good, or the login is; news is false
	// where it was paused already. nil: never.
	Pause func(ctx context.Context, issue, reason string) (news bool, err error)

	// Troubled notes for other processes why this worker can bring nothing to the
	// transport, when that begins, and the zero Trouble when it is over. nil: never.
	Troubled func(ctx context.Context, worker int64, t Trouble) error

	Hold    bool // leave uncertain deliveries to the operator instead of sending them again
	Process Process
	Now     func() time.Time // nil: time.Now
	Log     *slog.Logger     // nil: silent
	// Progress, if set, is told of everything that was recorded, one event at
	// a time and soon after it is on disk. It should return quickly.
	Progress func(Event)
	// Patience is for how long in a row the transport may be out of reach, or the
	// ledger refuse to be written (its disk is full), before Run gives up with the
	// error; 0: for ever.
	Patience time.Duration
	// DrainTimeout is how long messages in flight may take once the run is to end
	// (0: 5 s); then their connections are cut.
	DrainTimeout time.Duration
	// Poll is how often the ledger is asked for work while there is none (0: 1 s).
	Poll time.Duration

	running atomic.Pointer[run] // nil between Runs
}

// Event is one answer of the ledger: an outcome with its verdict, or an
// intent (Entry.State Sending) that was not Recorded, so that nothing was sent.
type Event struct {
	Entry   Entry
	Verdict Verdict
}

// settleTimeout bounds how long the end of a Run waits for a ledger that fails
// or hangs.
const settleTimeout = 10 * time.Second

// Run works until until says that it is enough, or ctx ends; then it stops
// claiming, lets messages in flight end, records their outcomes, returns its
// claims, and returns nil. until is asked whenever nothing is left to claim and
// nothing in flight, and at every Poll, by a goroutine of its own and never twice at a
// time; nil stands for never.
//
// Errors are for what Run cannot work with or end with: a ledger that does not
// enlist it, an error of until, a transport or a ledger out of reach for longer
// than Patience, or an outcome that could not be recorded (a delivery that had
// begun will become Uncertain).
func (o *Outbox) Run(ctx context.Context, until func(context.Context) (bool, error)) error {
	r, err := o.newRun(ctx)
	if err != nil {
		return err
	}
	o.running.Store(r)
	defer o.running.Store(nil)
	defer context.AfterFunc(r.quit, r.drain)()
	var renewing, couriers, committing sync.WaitGroup
	beating, rest := context.WithCancel(context.WithoutCancel(ctx))
	renewing.Go(func() { r.renew(beating) })
	if r.sharesRates() {
		renewing.Go(func() { r.keepCounting(beating) })
	}
	committing.Go(func() { r.commitAll() })
	for range o.connections() {
		couriers.Go(func() { newCourier(r).work() })
	}
	r.dispatch(until)
	r.stop(nil)
	couriers.Wait()
	r.intake.close()
	committing.Wait()
	rest()
	renewing.Wait()
	r.cut()
	if err := r.release(); err != nil && r.err == nil { // else that is told, and likely the same
		r.log.Warn("claims were not returned; they are free when the lease ends", "error", err)
	}
	return r.err
}

// Trouble tells why the ledger cannot be written, while Run waits until it can; nil
// while all is well. It may be asked at any time.
func (o *Outbox) Trouble() error {
	r := o.running.Load()
	if r == nil {
		return nil
	}
	return r.unwritten.longest().err
}

// run is the state of one Run.
type run struct {
	*Outbox
	log *slog.Logger
	now func() time.Time

	ctx     context.Context // Run's own
	quit    context.Context // ends when no new message may begin
	sending context.Context // ends when messages in flight are cut off
	cut     context.CancelFunc
	stopped context.CancelFunc

	member  membership
	quota   quota
	pace    pace
	lanes   lanes
	breaker breaker
	crew    *crew
	login   *loginGate
	jobs    chan job // claimed and not begun; never full, see newRun
	intake  *intake  // of the committer
	nudge   chan struct{}
	surplus []job        // claimed for lanes that are full; the dispatcher's
	held    atomic.Int64 // deliveries claimed and not ended
	resting atomic.Int64 // couriers that wait to try the transport again
	waiting atomic.Int64 // couriers that wait for a job
	waking  sync.Mutex   // held by who ends a rest, and while no rest may end
	outage  outage

	unanswered atomic.Int64 // messages in a row, while the server answers nobody

	confidant confidant
	unwritten outage    // of the ledger
	settleBy  time.Time // when outcomes that cannot be recorded are given up; zero: not told to end. The committer's

	mu  sync.Mutex
	err error
}

// connections is how many couriers there are.
func (o *Outbox) connections() int { return max(o.Connections, 1) }

// job is a claimed delivery and the worker number that holds the claim.
type job struct {
	Delivery
	worker int64
}

func (o *Outbox) newRun(ctx context.Context) (*run, error) {
	r := &run{Outbox: o, ctx: ctx, log: o.Log, now: o.Now, nudge: make(chan struct{}, 1)}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	if r.now == nil {
		r.now = time.Now
	}
	r.begin()
	r.lanes = lanes{limits: o.Domains, byName: make(map[string]*lane)}
	if o.Rests != nil {
		r.lanes.news, r.lanes.told = make(map[string]bool), make(chan struct{}, 1)
	}
	r.breaker = breaker{byIssue: make(map[string]*history)}
	n := o.connections()
	r.crew, r.intake = newCrew(n), newIntake(n)
	r.login = newLoginGate()
	// What may lie in it: a batch claimed when it held up to lowWater, what waited in
	// lanes (in that of the relay less than lowWater and a small batch: nothing is claimed
	// while more does), and what every courier gives back.
	r.jobs = make(chan job, (maxBatch+lowWater+maxParked+1)*n)
	if err := r.enlist(); err != nil {
		return nil, err
	}
	r.renewOnce(ctx) // who was killed a moment ago has left work that must not wait
	r.quit, r.stopped = context.WithCancel(ctx)
	r.sending, r.cut = context.WithCancel(context.WithoutCancel(ctx))
	return r, nil
}

// drain cuts what is in flight when its time is over.
func (r *run) drain() {
	select {
	case <-time.After(cmp.Or(r.DrainTimeout, 5*time.Second)):
		r.cut()
	case <-r.sending.Done():
	}
}

// stop lets no new message begin. The first error is what Run returns.
func (r *run) stop(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
	r.stopped()
}

// wake makes the dispatcher look again.
func (r *run) wake() {
	select {
	case r.nudge <- struct{}{}:
	default:
	}
}

// ended notes that n deliveries are no longer this run's.
func (r *run) ended(n int64) {
	if r.held.Add(-n) == 0 {
		r.wake()
	}
}

// settled gives a context for the ledger calls that must not be lost because
// Run is told to end.
func (r *run) settled() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(r.ctx), settleTimeout)
}
