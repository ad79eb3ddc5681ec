package mailer

import (
	"sync"
	"time"
)

// The wait before a login that was refused is tried again; it doubles up to the
// maximum. Servers lock accounts that try more often.
const (
	minLoginRest = time.Minute
	maxLoginRest = 15 * time.Minute
)

// loginGate keeps the couriers of a run from trying a login that one of them was
// refused.
type loginGate struct {
	mu      sync.Mutex
	refused error
	until   time.Time
	rest    time.Duration
	probing bool // one tries again
}

// closed gives the refusal for as long as nobody is to try again. When its time has
// come, one may.
func (g *loginGate) closed(now time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refused == nil {
		return nil
	}
	if now.Before(g.until) {
		return g.refused
	}
	g.until, g.probing = now.Add(g.rest), true
	return nil
}

// left is for how long nobody is to try again, in whole seconds.
func (g *loginGate) left(now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.until.Sub(now).Round(time.Second)
}

// note keeps what opening a connection came to.
func (g *loginGate) note(err error, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case err == nil:
		g.refused, g.until, g.rest, g.probing = nil, time.Time{}, 0, false
	case loginRefused(err):
		if g.refused == nil || g.probing { // else others were refused at the same time
			g.rest = min(max(2*g.rest, minLoginRest), maxLoginRest)
		}
		g.refused, g.until, g.probing = err, now.Add(g.rest), false
	}
}
