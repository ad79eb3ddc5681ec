package mailer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
		if d.quit.Err() == nil && !errors.Is(err, ErrStruckOff) { // which the next renewal mends
			d.refused(toClaim, err)
		}
		return 0
	}
	d.unwritten.over(toClaim)
	d.held.Add(int64(len(claims)))
	for _, c := range claims {
		d.jobs <- job{c, worker}
	}
	return len(claims)
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
