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

// firstLogin is for how long others wait for the first to be taken, or refused.
const firstLogin = 2 * time.Second

// loginGate keeps the couriers of a run from trying a login that one of them was
// refused. Until one connection has been opened they leave the first try to one, so that
// a wrong password is tried once and not on every connection; but not for long, for the
// server may hang on that one.
type loginGate struct {
	queue   chan struct{} // with room for who tries
	mu      sync.Mutex
	proven  bool
	refused error
	until   time.Time
	rest    time.Duration
	probing bool // one tries again
}

func newLoginGate() *loginGate { return &loginGate{queue: make(chan struct{}, 1)} }

// enter waits until the courier may try, and gives what it has to call afterwards.
func (g *loginGate) enter() (leave func()) {
	if g.isProven() {
		return func() {}
	}
	late := time.NewTimer(firstLogin)
	defer late.Stop()
	select {
	case g.queue <- struct{}{}:
		if g.isProven() { // meanwhile: all may go
			<-g.queue
			return func() {}
		}
		return func() { <-g.queue }
	case <-late.C:
		return func() {}
	}
}

func (g *loginGate) isProven() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.proven
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
		g.proven = true
		g.refused, g.until, g.rest, g.probing = nil, time.Time{}, 0, false
	case loginRefused(err):
		g.proven = false
		if g.refused == nil || g.probing { // else others were refused at the same time
			g.rest = min(max(2*g.rest, minLoginRest), maxLoginRest)
		}
		g.refused, g.until, g.probing = err, now.Add(g.rest), false
	}
}
