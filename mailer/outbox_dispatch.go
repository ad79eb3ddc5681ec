package mailer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
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
	until   question
	n       int // connections
	poll    time.Duration
	batch   int // how many to claim for each
	claimed time.Time
	began   time.Time // when this turn of the queue did; zero: none is under way
	turned  time.Time // when the last turn ended
	kept    time.Time // when claims could not be given back
}

// dispatch runs until quit ends, and ends it when until says so.
func (r *run) dispatch(until func(context.Context) (bool, error)) {
	d := &dispatcher{run: r, until: question{ask: until, answers: make(chan answered, 1)},
		n: r.connections(), poll: cmp.Or(r.Poll, time.Second), batch: minBatch}
	defer d.until.wait()
	var next time.Time // when to claim again, unless nothing is held
	dry := false
	for r.quit.Err() == nil {
		idle := r.held.Load() == 0
		if idle || !time.Now().Before(next) || r.lanes.ask() {
			wait := d.claim()
			dry, next = wait > 0, time.Now().Add(wait)
		}
		if idle && dry || r.now().Sub(d.until.asked) >= d.poll {
			d.until.begin(r.quit, r.now())
		}
		wait := min(d.poll, d.until.asked.Add(d.poll).Sub(r.now()))
		if dry {
			wait = min(wait, time.Until(next))
		}
		d.await(wait)
	}
}

// await waits until there may be something to do, for so long at the most, and hears
// meanwhile whether the run is over.
func (d *dispatcher) await(wait time.Duration) {
	enough := time.NewTimer(wait)
	defer enough.Stop()
	for {
		select {
		case a := <-d.until.answers:
			d.heed(a)
			continue
		case <-d.quit.Done():
		case <-d.nudge:
		case <-enough.C:
		}
		return
	}
}

// heed ends the run if it is over.
func (d *dispatcher) heed(a answered) {
	again := d.until.over()
	switch {
	case d.quit.Err() != nil:
	case a.err != nil:
		d.stop(fmt.Errorf("outbox: %w", a.err))
	case a.done:
		d.stop(nil)
	case again:
		d.until.begin(d.quit, d.now())
	}
}

// claim refills jobs and tells how long it need not be called again, whatever happens.
func (d *dispatcher) claim() (wait time.Duration) {
	if d.allRest() {
		d.restClaims()
		return d.poll
	}
	if d.partless() {
		return d.poll // others have a part, and may claim
	}
	if !d.low() {
		return 0
	}
	may, few := d.lanes.mayClaim(d.now(), lowWater*d.n)
	if !may {
		return d.poll
	}
	d.adapt()
	if few {
		d.batch = minBatch
	}
	began := time.Now()
	worker := d.member.number()
	claims, err := d.Queue.Claim(d.quit, worker, d.now(), d.batch*d.n, d.surplusOf(worker)...)
	if err != nil {
		if d.quit.Err() == nil && !errors.Is(err, ErrStruckOff) { // which the next renewal mends
			d.ledgerFailed(toClaim, err)
		}
		return d.poll
	}
	d.unwritten.over(toClaim, toReturn)
	d.held.Add(int64(len(claims) - len(d.surplus)))
	kept, surplus := d.lanes.sift(claims, worker, d.n)
	d.surplus = surplus
	for _, j := range kept {
		d.jobs <- j
	}
	if len(claims) == 0 {
		return d.poll
	}
	return d.turn(kept, time.Since(began))
}

// restClaims gives back what is claimed while nothing can be sent. A ledger that does not
// take it back is asked again after a while: each time nobody may begin.
func (d *dispatcher) restClaims() {
	d.batch = minBatch
	if time.Since(d.kept) < renewEvery {
		return
	}
	err := d.giveBack()
	switch {
	case err == nil:
		d.unwritten.over(toReturn)
	case d.quit.Err() == nil:
		d.kept = time.Now()
		d.ledgerFailed(toReturn, err)
	}
}

// Where most of what is due is for domains that have enough, claims turn the queue
// round to find what stands behind. They take a tenth of the time. Once round without
// finding enough, nobody looks again for a while, unless a lane runs out.
const (
	turnRest    = 10
	minTurnRest = 5 * time.Millisecond
	turnEvery   = 30 * time.Second
)

// turn tells how long to rest after a claim that took so long. What goes back is due
// from then on, behind all others: where a claim finds nothing that was due when the
// turn began, the queue has turned once, whoever has taken of it meanwhile.
func (d *dispatcher) turn(kept []job, took time.Duration) time.Duration {
	enough := lowWater * d.n
	if len(d.surplus) == 0 || len(kept) >= enough {
		d.began = time.Time{}
		return 0
	}
	d.batch = minBatch
	now := time.Now()
	due := d.now().Truncate(time.Millisecond) // as precise as the ledger is
	switch before := func(j job) bool { return j.Due.Before(d.began) }; {
	case now.Sub(d.turned) < turnEvery && !d.lanes.runOut():
		return d.poll
	case d.began.IsZero() || due.Before(d.began): // the clock was set back: once more
		d.began = due
		d.lanes.search(d.surplus)
	case !slices.ContainsFunc(kept, before) && !slices.ContainsFunc(d.surplus, before):
		d.began, d.turned = time.Time{}, now
		d.lanes.expectNoMore(d.now())
		return d.poll
	}
	return max(turnRest*took*time.Duration(enough-len(kept))/time.Duration(enough), minTurnRest)
}

// surplusOf names what the claim before found for lanes that are full. What another
// number of this run had claimed is not ours to give back.
func (d *dispatcher) surplusOf(worker int64) []Key {
	var keys []Key
	for _, j := range d.surplus {
		if j.worker == worker {
			keys = append(keys, j.Key)
		}
	}
	return keys
}

// allRest tells that no courier can reach the transport.
func (r *run) allRest() bool { return r.resting.Load() == int64(r.connections()) }

// low tells that the couriers will soon have begun with all that is claimed. What waits in
// a lane does not count: one domain that takes little would keep from the couriers what is
// for others.
func (r *run) low() bool { return len(r.jobs) <= lowWater*r.connections() }

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
