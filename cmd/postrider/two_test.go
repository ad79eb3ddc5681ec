package main

import (
	"context"
	"testing"

	"postrider/store"
)

// Two who send the same digest at the same moment make one issue, and both see
// it to its end.
func TestTwoSendTheSameDigest(t *testing.T) {
	t.Parallel()
	relay := newRelay(t, nil)
	s := newSite(t, 200, relay.setting(connections))
	both := []*process{s.start("digest", "send", "--yes"), s.start("digest", "send", "--yes")}
	for _, p := range both {
		p.exits(exitDone)
	}
	relay.onceEach(s)
	s.finished()
}

// Two who send the same post at the same moment do so as well.
func TestTwoSendTheSamePost(t *testing.T) {
	t.Parallel()
	relay := newRelay(t, nil)
	s := newSite(t, 200, relay.setting(connections))
	both := []*process{s.start("send", "ships", "--yes"), s.start("send", "ships", "--yes")}
	for _, p := range both {
		p.exits(exitDone)
	}
	relay.onceEach(s)
	s.finished()
}

// Two who work one outbox share it.
func TestTwoWorkOneOutbox(t *testing.T) {
	t.Parallel()
	relay := newRelay(t, nil)
	s := newSite(t, 400, relay.setting(connections))
	s.must("digest", "send", "--yes", "--queue")
	first := s.start("deliver", "--until-idle")
	second := s.start("deliver", "--until-idle")
	first.exits(exitDone)
	second.exits(exitDone)
	relay.onceEach(s)
	s.finished()
	s.look(func(ctx context.Context, st *store.Store) {
		if problems, err := st.Check(ctx); err != nil || len(problems) > 0 {
			t.Errorf("the database file is damaged: %q, %v", problems, err)
		}
	})
}

// Of two who work one outbox, one is killed: the other takes over what it held.
func TestOneOfTwoIsKilled(t *testing.T) {
	t.Parallel()
	relay := newRelay(t, nil)
	s := newSite(t, 400, relay.setting(connections))
	s.must("digest", "send", "--yes", "--queue")
	first := s.start("deliver", "--until-idle")
	second := s.start("deliver", "--until-idle")
	<-relay.after(800)
	first.kill()
	second.exits(exitDone)
	s.finished()
	relay.Close()
	twice := -len(s.active)
	for _, copies := range relay.copies() {
		twice += len(copies)
	}
	if twice < 0 || twice > connections {
		t.Errorf("%d messages came twice, from a process with %d connections", twice, connections)
	}
	relay.missedNobody(s)
}
