package mailer

import (
	"slices"
	"sync"
	"time"
)

// Rate is a number of messages in any span of time of this length (a sliding
// window), as the server sees them. No Messages is no limit.
type Rate struct {
	Messages int
	Per      time.Duration
}

// window keeps a Rate. A message counts from the moment it is granted until one span
// after it was answered: the server saw it at some moment in between, so that no span
// holds more there, however long messages take.
type window struct {
	rate  Rate
	open  int         // granted and not answered yet
	ended []time.Time // when those that still count were answered, in order
}

// earliest is when one more may be granted to who has n of the rate, at now or later.
func (w *window) earliest(now time.Time, n int) time.Time {
	if w.rate.Messages <= 0 {
		return now
	}
	w.forget(now)
	switch over := w.open + len(w.ended) - n; {
	case over < 0:
		return now
	case over < len(w.ended):
		return onClock(w.ended[over].Add(w.rate.Per), now)
	}
	return now.Add(w.rate.Per) // if those on their way were answered now
}

// onClock is a moment as the clock shows it now: who set that since has moved no moment.
func onClock(at, now time.Time) time.Time { return now.Add(at.Sub(now)) }

// holds tells whether what was granted is within n.
func (w *window) holds(now time.Time, n int) bool {
	w.forget(now)
	return w.rate.Messages <= 0 || w.open+len(w.ended) <= n
}

// forget drops what does not count any more.
func (w *window) forget(now time.Time) {
	old := 0
	for old < len(w.ended) && !w.ended[old].After(now.Add(-w.rate.Per)) {
		old++
	}
	w.ended = w.ended[old:]
}

// grant takes a place for a message, which must be ended or revoked.
func (w *window) grant() { w.open++ }

// end notes when a message was answered.
func (w *window) end(at time.Time) {
	w.open--
	if w.rate.Messages <= 0 {
		return
	}
	i := len(w.ended)
	for i > 0 && w.ended[i-1].After(at) {
		i--
	}
	w.ended = slices.Insert(w.ended, i, at)
}

// revoke gives back a place that nobody used.
func (w *window) revoke() { w.open-- }

// recall adds messages that others have sent, in order. Those that are in the window
// already are known by their time, of which the ledger keeps milliseconds. What lies
// ahead was noted by a clock that ran ahead, and counts for nothing. From now on nothing
// depends on how the clock is set, as with those that this window has seen itself.
func (w *window) recall(sent []time.Time, now time.Time) {
	var all []time.Time
	own := w.ended
	for _, at := range sent {
		for len(own) > 0 && own[0].UnixMilli() < at.UnixMilli() {
			all, own = append(all, own[0]), own[1:]
		}
		switch {
		case len(own) > 0 && own[0].UnixMilli() == at.UnixMilli():
			all, own = append(all, own[0]), own[1:]
		case !at.After(now):
			all = append(all, onClock(at, now))
		}
	}
	w.ended = append(all, own...)
	slices.SortFunc(w.ended, time.Time.Compare) // within the same millisecond
}

// pace is the Rate of a run over all domains.
type pace struct {
	mu     sync.Mutex
	window window
	share  share
	turn   chan struct{} // held by the one courier that waits for a place; the others wait for it
}

// begin makes the pace of a run.
func (r *run) begin() {
	r.pace = pace{window: window{rate: r.Rate}, turn: make(chan struct{}, 1)}
}

func (p *pace) shareAmong(s share) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.share = s
}

// try grants a message that may go out at once, or tells when one may.
func (p *pace) try(now time.Time) (granted bool, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at := p.window.earliest(now, p.allowance()); at.After(now) {
		return false, at
	}
	p.window.grant()
	return true, now
}

func (p *pace) end(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.window.end(at)
}

func (p *pace) revoke() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.window.revoke()
}

func (p *pace) holds(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.window.holds(now, p.allowance())
}

func (p *pace) recall(sent []time.Time, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.window.recall(sent, now)
}

func (p *pace) allowance() int { return p.share.of(p.window.rate.Messages) }
