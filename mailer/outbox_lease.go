package mailer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// How long a worker holds its claims without a sign of life, and how often it
// gives one.
const (
	leaseTime  = 15 * time.Second
	renewEvery = 5 * time.Second
)

// membership is this run's row among the ledger's workers. The number changes
// when the run is struck off and enlists again; what was claimed before is then
// still recorded under the number it was claimed with. Who asks for the number does
// not wait for one who changes it, and so for a ledger that hangs.
type membership struct {
	mu     sync.Mutex // held by who changes it, or prolongs its lease
	worker atomic.Int64
}

// ErrStruckOff is what [Queue.Renew] returns, or wraps, for a worker that is
// not enlisted any more: its lease had run out, as it does while a computer
// sleeps, and another process has taken back its claims.
var ErrStruckOff = errors.New("worker is struck off")

func (m *membership) number() int64 { return m.worker.Load() }

// enlist registers the process under a new number.
func (r *run) enlist() error {
	r.member.mu.Lock()
	defer r.member.mu.Unlock()
	return r.enlistLocked(r.ctx)
}

func (r *run) enlistLocked(ctx context.Context) error {
	p := r.Process
	if p == (Process{}) {
		self, err := Self()
		if err != nil {
			return err
		}
		p = self
	}
	worker, err := r.Queue.Enlist(ctx, p, r.now().Add(leaseTime))
	if err != nil {
		return fmt.Errorf("enlist outbox: %w", err)
	}
	r.member.worker.Store(worker)
	r.confide(ctx)
	return nil
}

// renew keeps the lease, and tells other workers what this one learned, until ctx ends,
// which is after the last outcome.
func (r *run) renew(ctx context.Context) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			r.lastWords(ctx)
			return
		case <-tick.C:
			r.renewOnce(ctx)
		case <-r.lanes.told:
			r.shareSoon(ctx)
		}
	}
}

// renewOnce enlists anew where others have struck this run off. On any other
// error the old number stays: outcomes are waiting that only it may record.
func (r *run) renewOnce(ctx context.Context) {
	r.member.mu.Lock()
	defer r.member.mu.Unlock()
	bounded, cancel := context.WithTimeout(ctx, settleTimeout) // the end of the run waits for it
	defer cancel()
	now := r.now()
	err := r.Queue.Renew(bounded, r.member.number(), now, now.Add(leaseTime), Alive)
	if errors.Is(err, ErrStruckOff) {
		r.log.Warn("the lease on the outbox had ended, as it does while a computer sleeps; it is taken anew")
		err = r.enlistLocked(bounded)
	}
	switch {
	case err == nil:
		r.unwritten.over(toRenew)
		r.share(bounded)
	case ctx.Err() == nil:
		r.ledgerFailed(toRenew, err)
	}
}

// share learns among how many workers the limits are to be shared, and what they met.
func (r *run) share(ctx context.Context) {
	r.shareRests(ctx)
	r.count(ctx)
}

// release gives back every claim and strikes the run off.
func (r *run) release() error {
	r.member.mu.Lock()
	defer r.member.mu.Unlock()
	return r.releaseLocked()
}

func (r *run) releaseLocked() error {
	ctx, cancel := r.settled()
	defer cancel()
	return r.Queue.Release(ctx, r.member.number())
}

// giveBack returns every claim not begun, while no courier can reach the
// transport: another machine may. Nothing is marked as tried. To strike a worker
// makes uncertain what it is sending, so no courier may begin meanwhile; one may have
// while a renewal kept this waiting.
func (r *run) giveBack() error {
	r.member.mu.Lock()
	defer r.member.mu.Unlock()
	r.waking.Lock()
	defer r.waking.Unlock()
	if !r.allRest() || r.held.Load() == 0 {
		return nil
	}
	if err := r.releaseLocked(); err != nil {
		return fmt.Errorf("return claims: %w", err)
	}
	r.forget() // not before: what a ledger in trouble would not take back is still ours to send
	ctx, cancel := context.WithTimeout(r.ctx, settleTimeout)
	defer cancel()
	return r.enlistLocked(ctx)
}

// forget drops what nobody has begun with.
func (r *run) forget() {
	r.held.Add(-r.lanes.forget() - int64(len(r.surplus)))
	r.surplus = nil
	for {
		select {
		case <-r.jobs:
			r.held.Add(-1)
		default:
			return
		}
	}
}
