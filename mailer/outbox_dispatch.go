package mailer

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"
)

// How many deliveries are claimed per connection: enough that the next batch
// is there before the last is done, and no more than about a second of work,
// so that other processes find some too.
const (
	minBatch = 4
	maxBatch = 64
	lowWater = 2 // claim again when this few a connection are left
)

// dispatcher claims deliveries for the couriers.
type dispatcher struct {
	*run
	until   func(context.Context) (bool, error)
	n       int // connections
	batch   int // how many to claim for each
	claimed time.Time
	asked   time.Time
}

// dispatch runs until quit ends, and ends it when until says so.
func (r *run) dispatch(until func(context.Context) (bool, error)) {
	d := &dispatcher{run: r, until: until, n: cmp.Or(max(r.Connections, 0), 1), batch: minBatch}
	poll := cmp.Or(r.Poll, time.Second)
	dry := false // the last claim found nothing: wait for the next poll
	for r.quit.Err() == nil {
		idle := r.held.Load() == 0
		if !dry || idle {
			dry = d.claim() == 0 && r.ready() <= lowWater*d.n
		}
		if idle && dry || r.now().Sub(d.asked) >= poll {
			d.ask()
		}
		select {
		case <-r.quit.Done():
		case <-r.nudge:
		case <-time.After(poll):
			dry = false
		}
	}
}

// claim refills jobs and tells how many it got.
func (d *dispatcher) claim() int {
	if d.allRest() {
		if err := d.giveBack(); err != nil {
			d.log.Error("outbox cannot return its claims", "error", err)
		}
		d.batch = minBatch
		return 0
	}
	if d.ready() > lowWater*d.n {
		return 0
	}
	d.adapt()
	worker := d.member.number()
	claims, err := d.Queue.Claim(d.quit, worker, d.now(), d.batch*d.n)
	if err != nil {
		d.unable(err)
		return 0
	}
	d.unclaimed.over()
	d.held.Add(int64(len(claims)))
	for _, c := range claims {
		d.jobs <- job{c, worker}
	}
	return len(claims)
}

// unable notes that the ledger gives no work.
func (d *dispatcher) unable(err error) {
	if d.quit.Err() != nil {
		return
	}
	lasting, tell := d.unclaimed.failed(d.now(), err)
	if !d.giveUp(lasting, fmt.Errorf("%w: %w", errUnwritable, err)) && tell {
		d.log.Error("outbox cannot claim deliveries; will try again", "error", err)
	}
}

// allRest tells that no courier can reach the transport.
func (r *run) allRest() bool { return r.resting.Load() == int64(max(r.Connections, 1)) }

// ready is how many claimed deliveries no courier has begun with.
func (r *run) ready() int { return len(r.jobs) + r.lanes.waiting() }

// adapt makes a batch last about a second.
func (d *dispatcher) adapt() {
	now := d.now()
	switch took := now.Sub(d.claimed); {
	case took < time.Second/2:
		d.batch = min(2*d.batch, maxBatch)
	case took > 2*time.Second:
		d.batch = max(d.batch/2, minBatch)
	}
	d.claimed = now
}

// ask asks whether the run is over.
func (d *dispatcher) ask() {
	d.asked = d.now()
	if d.until == nil {
		return
	}
	done, err := d.until(d.quit)
	switch {
	case d.quit.Err() != nil:
	case err != nil:
		d.stop(fmt.Errorf("outbox: %w", err))
	case done:
		d.stop(nil)
	}
}

// outage is how long the transport, over all couriers, or the ledger has been out
// of reach.
type outage struct {
	mu     sync.Mutex
	since  time.Time
	words  string
	logged time.Time
}

// over notes that it works again.
func (o *outage) over() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.since, o.words = time.Time{}, ""
}

// failed notes an error of it. It tells how long there have been
// nothing else, and whether the log should hear of this one: of each new error
// at once, of the same again once a minute.
func (o *outage) failed(now time.Time, err error) (lasting time.Duration, tell bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.since.IsZero() {
		o.since = now
	}
	tell = o.words != err.Error() || now.Sub(o.logged) >= time.Minute
	if tell {
		o.words, o.logged = err.Error(), now
	}
	return now.Sub(o.since), tell
}
