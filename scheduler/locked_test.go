package scheduler_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"postrider/post"
)

// gate is locked until it is opened.
type gate struct{ open atomic.Bool }

func (g *gate) Locked(context.Context) (reason string, locked bool, err error) {
	if g.open.Load() {
		return "", false, nil
	}
	return "it is a copy", true, nil
}

// A database that may not send publishes all the same. It says once that it cuts
// nothing, and catches up when it is unlocked.
func TestTheClockWaitsForALockedDatabase(t *testing.T) {
	inBubble(t, func(h *ticking) {
		h.join("ada")
		h.joinAs("bea", "instant")
		g := &gate{}
		h.clock.Gate = g
		h.looks(20*time.Minute, 20*time.Minute)
		h.start()
		h.put("later.md", "---\nslug: later\ndate: 2026-11-23T09:30:00Z\n---\nWords.\n")
		h.pass(7 * 24 * time.Hour) // over Monday's window
		if p, err := h.Store.Post(h.ctx, "later"); err != nil || p.State != post.Published {
			t.Errorf("the post is %s, %v", p.State, err)
		}
		h.gets("ada")
		h.gets("bea")
		if windows, err := h.Windows(h.ctx, "weekly", 9); err != nil || len(windows) > 0 {
			t.Errorf("windows %v, %v", windows, err)
		}
		if said := h.log.String(); strings.Count(said, "it is a copy") != 1 || strings.Contains(said, "ERROR") {
			t.Errorf("it says:\n%s", said)
		}
		if state := h.clock.State(); state.Err != nil || time.Since(state.Ticked) > h.clock.Look {
			t.Errorf("state %+v", state)
		}
		g.open.Store(true)
		h.pass(h.clock.Look)
		h.gets("ada", "later")
		h.gets("bea", "later")
		if said := h.log.String(); strings.Count(said, "was unlocked") != 1 {
			t.Errorf("it says:\n%s", said)
		}
		h.stop()
	})
}
