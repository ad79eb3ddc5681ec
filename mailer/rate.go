package mailer

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Rate is a number of messages in any span of time of this length (a sliding
// window). No Messages is no limit.
type Rate struct {
	Messages int
	Per      time.Duration
}

// window keeps a Rate: it grants each message a moment such that no span of the
// length holds more than allowed, also while the allowance changes.
type window struct {
	rate   Rate
	grants []time.Time // in order; those that still count, and those to come
}

// allowance is the part of the rate that one of so many workers may use.
func (w *window) allowance(share int) int { return max(w.rate.Messages/max(share, 1), 1) }

// earliest is when one more message may go out, at now or later.
func (w *window) earliest(now time.Time, share int) time.Time {
	n := w.allowance(share)
	if w.rate.Messages <= 0 || len(w.grants) < n {
		return now
	}
	at := w.grants[len(w.grants)-n].Add(w.rate.Per)
	if at.Before(now) {
		return now
	}
	return at
}

// grant takes the earliest moment.
func (w *window) grant(now time.Time, share int) time.Time {
	if w.rate.Messages <= 0 {
		return now
	}
	at := w.earliest(now, share)
	old := 0
	for old < len(w.grants) && !w.grants[old].After(now.Add(-w.rate.Per)) {
		old++
	}
	w.grants = append(w.grants[old:], at)
	return at
}

// revoke gives back a moment that nobody used.
func (w *window) revoke(at time.Time) {
	if i := slices.IndexFunc(w.grants, at.Equal); i >= 0 {
		w.grants = slices.Delete(w.grants, i, i+1)
	}
}

// pace is the Rate of a run, which shares it with the other workers of the ledger:
// each takes an equal part, so that none has to ask another before each message.
type pace struct {
	mu      sync.Mutex
	window  window
	workers int
}

// begin makes the pace of a run, which goes on from what was sent lately.
func (r *run) begin() error {
	r.pace = pace{window: window{rate: r.Rate}}
	if r.Sent == nil || r.Rate.Messages <= 0 {
		return nil
	}
	sent, err := r.Sent(r.ctx, r.now().Add(-r.Rate.Per), r.Rate.Messages)
	if err != nil {
		return fmt.Errorf("learn how much was sent lately: %w", err)
	}
	r.pace.window.grants = sent
	return nil
}

func (p *pace) shareAmong(workers int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.workers = workers
}

// grant says when a message may go out. It must then go out, or nobody.
func (p *pace) grant(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.window.grant(now, p.workers)
}

// try grants a message that may go out at once, and no other.
func (p *pace) try(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.window.earliest(now, p.workers).After(now) {
		return false
	}
	p.window.grant(now, p.workers)
	return true
}
