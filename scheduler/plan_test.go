package scheduler_test

import (
	"context"
	"testing"
	"time"

	"postrider/newsletter"
	"postrider/scheduler"
)

// counted is a store that counts how often it was planned from.
type counted struct {
	scheduler.Windows
	plans int
}

func (c *counted) Snapshot(ctx context.Context, a newsletter.Audience, now time.Time) (newsletter.Snapshot, error) {
	c.plans++
	return c.Windows.Snapshot(ctx, a, now)
}

// What has just been shown to a person is cut as it was planned; with other posts, or
// some time later, it is planned anew.
func TestACutOfAPlan(t *testing.T) {
	tests := map[string]struct {
		happens func(*house)
		plans   int
		gets    string
	}{
		"at once":           {func(*house) {}, 0, "p1"},
		"a reader joined":   {func(h *house) { h.join("new") }, 0, "p1"},
		"topics changed":    {func(h *house) { h.join("new", "art") }, 0, "p1"},
		"a post came":       {func(h *house) { h.publish("go") }, 1, "p2 p1"},
		"a post was edited": {func(h *house) { h.write(1, "better words", "go") }, 1, "p1"},
		"time went by":      {func(h *house) { h.now = h.now.Add(10 * time.Second) }, 1, "p1"},
		"the clock jumped":  {func(h *house) { h.now = h.now.Add(-time.Hour) }, 1, "p1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.join("ada")
			h.publish("go")
			plan, err := h.cutter.PlanDigest(h.ctx, weekly)
			h.ok(err)
			tt.happens(h)
			windows := &counted{Windows: h.Store}
			h.cutter.Windows = windows
			cut, err := h.cutter.DigestByHand(h.ctx, weekly, plan)
			h.ok(err)
			if windows.plans != tt.plans {
				t.Errorf("planned %d times more, want %d", windows.plans, tt.plans)
			}
			h.gets("ada", tt.gets)
			if name == "a reader joined" {
				h.gets("new", "p1")
			}
			if again, err := h.cutter.DigestByHand(h.ctx, weekly, plan); err != nil || again.Added != 0 {
				t.Errorf("from the plan of issue %s, %d more are mailed, %v", cut.Issue.ID, again.Added, err)
			}
		})
	}
}

// Where there was nobody to send to, those who have joined since are seen.
func TestACutOfAnEmptyPlan(t *testing.T) {
	h := newHouse(t)
	p := h.publish("go")
	plan, err := h.cutter.PlanPost(h.ctx, p, false)
	h.ok(err)
	h.join("ada")
	if cut, err := h.cutter.Post(h.ctx, p, false, plan); err != nil || cut.Added != 1 {
		t.Errorf("it goes to %d, %v; want the one who joined", cut.Added, err)
	}
	h.gets("ada", "p1")
}
