//go:build unix

package main

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// Of two who stand still together for longer than a lease, as all of a machine do that
// is paused, neither takes the other for dead.
func TestTwoStandStill(t *testing.T) {
	t.Parallel()
	relay := newRelay(t, nil)
	s := newSite(t, 400, relay.setting(connections))
	s.must("digest", "send", "--yes", "--queue")
	both := []*process{s.start("deliver", "--until-idle"), s.start("deliver", "--until-idle")}
	<-relay.after(800)
	for _, p := range both {
		p.signal(syscall.SIGSTOP)
	}
	time.Sleep(17 * time.Second)
	for _, p := range both {
		p.signal(syscall.SIGCONT)
	}
	for _, p := range both {
		p.exits(exitDone)
		if said := p.err.String(); strings.Contains(said, "lease") {
			t.Errorf("it was struck off:\n%s", said)
		}
	}
	relay.onceEach(s)
	s.finished()
}
