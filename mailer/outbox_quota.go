package mailer

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Peers is where a worker of a ledger learns what it needs to keep the Rates together
// with the others.
type Peers interface {
	// Workers tells how many workers there are, and how many of them enlisted before
	// this one. There are none for one that is struck off.
	Workers(ctx context.Context, worker int64, now time.Time) (n, before int, err error)
	// SentSince gives when messages were sent after a time or may have been, and now
	// for each that another worker is sending: of all at most so many, the last ones,
	// in order.
	SentSince(ctx context.Context, worker int64, since, now time.Time, limit int) ([]time.Time, error)
	// SentToDomains does so for each domain (in lower case).
	SentToDomains(ctx context.Context, worker int64, since, now time.Time, limit int) (map[string][]time.Time, error)
}

// The workers of a ledger divide each Rate, so that none has to ask another before each
// message. What makes this hold while they come and go:
//
//   - A worker counts the others every second, and what it counted holds for two. So a
//     process that stood still, or whose ledger hangs, grants nothing until it has
//     counted again.
//   - One that comes grants nothing for three seconds, unless it is the first. By then
//     all others have counted it, have given back what they had granted beyond their
//     smaller parts and not begun, and the ledger shows what they had begun.
//   - Before it grants anything, and whenever there are fewer workers than before, it
//     takes into its windows what the ledger says that all have sent lately.
//
// Parts depend on the order in which workers enlisted. None of those that stay gets less
// when one leaves, so it does not matter who counts first.
const (
	countEvery = time.Second
	countHolds = 2 * countEvery
	countLag   = 3 * countEvery
)

// share says which of how many workers a run is.
type share struct {
	workers int
	before  int // enlisted before it
}

// of is how much of a number the run may use: none, where there are more workers before
// it than there is to divide.
func (s share) of(n int) int {
	workers := max(s.workers, 1)
	part := n / workers
	if s.before < n%workers {
		part++
	}
	return part
}

// quota is what a run knows of its part.
type quota struct {
	counting sync.Mutex // held by who counts
	last     atomic.Pointer[headcount]
}

// headcount is what was counted last of the workers.
type headcount struct {
	share    share
	worker   int64     // whose part it is: the number changes when the run enlists anew
	begins   time.Time // nothing is granted before
	counted  time.Time
	recalled bool // the windows know what was sent lately
}

// sharesRates tells whether some Rate is set and kept together with others.
func (o *Outbox) sharesRates() bool {
	return o.Peers != nil && (o.Rate.Messages > 0 || o.Domains.Rate.Messages > 0)
}

// mayGrant tells whether the run knows its part of the rates.
func (r *run) mayGrant(now time.Time) bool {
	if !r.sharesRates() {
		return true
	}
	t := r.quota.last.Load()
	return t != nil && t.recalled && t.worker == r.member.number() && now.Sub(t.counted) < countHolds
}

// partless tells that the run has no part of some rate, as there are more workers than
// messages.
func (r *run) partless() bool {
	t := r.quota.last.Load()
	if t == nil || !r.sharesRates() {
		return false
	}
	none := func(rate Rate) bool { return rate.Messages > 0 && t.share.of(rate.Messages) == 0 }
	return none(r.Rate) || none(r.Domains.Rate)
}

// keepCounting counts the workers until ctx ends.
func (r *run) keepCounting(ctx context.Context) {
	tick := time.NewTicker(countEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			bounded, cancel := context.WithTimeout(ctx, settleTimeout)
			r.count(bounded)
			cancel()
		}
	}
}

// count learns which part of the limits is the run's. Where that cannot be told, the
// limits of connections stay as they were; nothing is sent at a rate without it.
func (r *run) count(ctx context.Context) {
	if r.Peers == nil || !r.quota.counting.TryLock() {
		return
	}
	defer r.quota.counting.Unlock()
	switch err := r.countLocked(ctx); {
	case err == nil:
		r.unwritten.over(toCount)
	case ctx.Err() == context.Canceled: // the run has ended
	case r.sharesRates():
		r.ledgerFailed(toCount, err)
	default:
		r.log.Warn("cannot count those who work the outbox", "error", err)
	}
}

func (r *run) countLocked(ctx context.Context) error {
	now, worker := r.now(), r.member.number()
	workers, before, err := r.Peers.Workers(ctx, worker, now)
	if err != nil {
		return fmt.Errorf("count those who work the outbox: %w", err)
	}
	if workers == 0 {
		return nil // struck off: it enlists anew with the next renewal
	}
	t := headcount{share: share{workers, before}, worker: worker, begins: now, counted: now}
	if last := r.quota.last.Load(); last != nil && last.worker == worker {
		t.begins, t.recalled = last.begins, last.recalled && last.share.workers <= workers
	} else if before > 0 {
		t.begins = now.Add(countLag)
	}
	if r.sharesRates() && !t.recalled && !now.Before(t.begins) {
		if err := r.recall(ctx, worker, now); err != nil {
			return fmt.Errorf("learn what was sent lately: %w", err)
		}
		t.recalled = true
	}
	r.pace.shareAmong(t.share)
	r.lanes.shareAmong(t.share)
	r.quota.last.Store(&t)
	return nil
}

// recall takes into the windows what all have sent lately.
func (r *run) recall(ctx context.Context, worker int64, now time.Time) error {
	if rate := r.Rate; rate.Messages > 0 {
		sent, err := r.Peers.SentSince(ctx, worker, now.Add(-rate.Per), now, rate.Messages)
		if err != nil {
			return err
		}
		r.pace.recall(sent, now)
	}
	if rate := r.Domains.Rate; rate.Messages > 0 {
		sent, err := r.Peers.SentToDomains(ctx, worker, now.Add(-rate.Per), now, rate.Messages)
		if err != nil {
			return err
		}
		r.lanes.recall(sent, now)
	}
	return nil
}
