package scheduler_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"postrider/newsletter"
	"postrider/scheduler"
)

// A cut makes the variants that the plan showed, for as many readers, the
// largest first, and news is read from the top.
func TestACutIsThePlan(t *testing.T) {
	h := newHouse(t)
	for _, name := range []string{"go1", "go2", "go3"} {
		h.join(name, "go")
	}
	h.join("all1")
	h.join("all2")
	h.join("sql", "sql")
	h.join("art", "art")
	h.publish("go")
	h.publish("sql")
	h.publish("Go", "sql")

	plan, err := h.cutter.PlanDigest(h.ctx, weekly)
	h.ok(err)
	want := []string{"3 × p3 p1", "2 × p3 p2 p1", "1 × p3 p2"}
	if got := h.shares(plan); !slices.Equal(got, want) {
		t.Errorf("planned %q, want %q", got, want)
	}
	if plan.Readers() != 6 || plan.Empty() || plan.Snapshot.LeftOut[newsletter.NoTopicMatch] != 1 {
		t.Errorf("planned for %d, left out %v", plan.Readers(), plan.Snapshot.LeftOut)
	}
	if h.issues() != 0 {
		t.Error("a plan left a trace")
	}

	cut, err := h.cutter.Digest(h.ctx, weekly, window("2026-11-23"))
	h.ok(err)
	variants, err := h.Variants(h.ctx, cut.Issue.ID)
	h.ok(err)
	if len(variants) != len(plan.Shares) {
		t.Fatalf("%d variants, %d planned", len(variants), len(plan.Shares))
	}
	for i, v := range variants {
		if key := newsletter.VariantKey(plan.Shares[i].Publications); v.Key != key {
			t.Errorf("variant %d is %s, planned was %s", i, v.Key, key)
		}
	}
	is, err := h.Issue(h.ctx, cut.Issue.ID)
	h.ok(err)
	if cut.Added != 6 || is.Subject != "Example News: Post 3" || is.Window != "2026-11-23" || is.State != newsletter.Sending ||
		is.Newest != 3 || !is.Expires.Equal(h.now.Add(72*time.Hour)) {
		t.Errorf("added %d to %+v", cut.Added, is)
	}
	h.gets("go2", "p3 p1")
	h.gets("all1", "p3 p2 p1")
	h.gets("sql", "p3 p2")
	h.gets("art")
	if got := h.reader("art").Cursor; got != 3 {
		t.Errorf("who had nothing in their topics stands at %d, want 3", got)
	}
}

// shares says how many would get what.
func (h *house) shares(p scheduler.Plan) []string {
	h.t.Helper()
	var all []string
	for _, s := range p.Shares {
		all = append(all, fmt.Sprintf("%d × %s", s.Readers, h.slugs(s.Publications)))
	}
	return all
}

func TestDuePostsArePublishedFirst(t *testing.T) {
	h := newHouse(t)
	h.join("ada")
	h.put("later.md", "---\nslug: later\ndate: 2026-11-23T10:00:00Z\n---\nWords.\n")
	if cut := h.cut(); !cut.Empty() {
		t.Errorf("cut %+v before the post was due", cut.Issue)
	}
	h.now = h.now.Add(time.Hour)
	h.cut()
	h.gets("ada", "later")
}

func TestAnEmptyWindowIsRecorded(t *testing.T) {
	h := newHouse(t)
	h.join("art", "art")
	h.publish("go")
	cut, err := h.cutter.Digest(h.ctx, weekly, window("2026-11-23"))
	h.ok(err)
	if !cut.Empty() || h.issues() != 0 {
		t.Errorf("cut %+v", cut)
	}
	last, ok, err := h.LastWindow(h.ctx, "weekly")
	if err != nil || !ok || last.Key != "2026-11-23" || last.State != newsletter.WindowEmpty || last.Newest != 1 {
		t.Errorf("window %+v, %v, %v", last, ok, err)
	}
	if got := h.reader("art").Cursor; got != 1 {
		t.Errorf("the cursor stands at %d, want 1", got)
	}
	if _, err := h.cutter.Digest(h.ctx, weekly, window("2026-11-23")); !errors.Is(err, newsletter.ErrWindowTaken) {
		t.Errorf("the same window: %v, want ErrWindowTaken", err)
	}
	// What was passed over for its topics stays so when the topics change.
	h.change("art", func(s *newsletter.Subscriber) { s.Topics = nil })
	h.publish("go")
	h.cut()
	h.gets("art", "p2")
}

// Somebody may get something after all before an empty window is written down.
func TestAnEmptyWindowFills(t *testing.T) {
	h := newHouse(t)
	h.join("ada", "art")
	h.publish("go")
	h.cutter.Windows = &late{Windows: h.Store, happens: []func(){
		func() { h.publish("sql") },
		func() { h.publish("art") },
	}}
	cut, err := h.cutter.Digest(h.ctx, weekly, window("2026-11-23"))
	h.ok(err)
	if cut.Empty() || cut.Added != 1 {
		t.Errorf("cut %+v", cut)
	}
	h.gets("ada", "p3")
}

func TestAMissedWindowMovesNothing(t *testing.T) {
	h := newHouse(t)
	h.join("ada")
	h.publish()
	h.ok(h.cutter.Missed(h.ctx, weekly, window("2026-11-16")))
	last, _, err := h.LastWindow(h.ctx, "weekly")
	h.ok(err)
	if last.State != newsletter.WindowMissed || h.issues() != 0 || h.reader("ada").Cursor != 0 {
		t.Errorf("window %+v, %d issues, cursor %d", last, h.issues(), h.reader("ada").Cursor)
	}
	h.publish()
	h.ok(h.cutter.Missed(h.ctx, weekly, window("2026-11-09"), window("2026-11-16")))
	_, err = h.cutter.Digest(h.ctx, weekly, window("2026-11-16"))
	if !errors.Is(err, newsletter.ErrWindowTaken) {
		t.Errorf("the same window: %v, want ErrWindowTaken", err)
	}
	windows, err := h.Store.Windows(h.ctx, "weekly", 9)
	if err != nil || len(windows) != 2 {
		t.Errorf("windows %+v, %v; want each once", windows, err)
	}
	_, err = h.cutter.Digest(h.ctx, weekly, window("2026-11-23"))
	h.ok(err)
	h.gets("ada", "p2 p1")
}

func TestNothingNewByHandLeavesNoTrace(t *testing.T) {
	h := newHouse(t)
	h.join("art", "art")
	h.publish("go")
	if cut := h.cut(); !cut.Empty() || cut.Added != 0 {
		t.Errorf("cut %+v", cut)
	}
	if _, ok, err := h.LastWindow(h.ctx, "weekly"); ok || err != nil || h.issues() != 0 || h.reader("art").Cursor != 0 {
		t.Errorf("a window %v, %v; %d issues; cursor %d", ok, err, h.issues(), h.reader("art").Cursor)
	}
	cut, err := h.cutter.Post(h.ctx, h.publish("go"), false, scheduler.Plan{})
	h.ok(err)
	if cut.Empty() {
		t.Error("a post by hand goes to everyone, whatever their topics")
	}
}

func TestTheSameWindowTwice(t *testing.T) {
	h := newHouse(t)
	h.join("ada")
	h.publish()
	_, err := h.cutter.Digest(h.ctx, weekly, window("2026-11-23"))
	h.ok(err)
	h.publish()
	cut, err := h.cutter.Digest(h.ctx, weekly, window("2026-11-23"))
	if !errors.Is(err, newsletter.ErrWindowTaken) || !cut.Empty() {
		t.Errorf("%+v, %v; want ErrWindowTaken", cut, err)
	}
	if h.issues() != 1 {
		t.Errorf("%d issues, want 1", h.issues())
	}
	h.gets("ada", "p1")
	h.cut()
	h.gets("ada", "p1", "p2")
}

// atOnce lets several processes do the same at the same time.
func (h *house) atOnce(do func(*scheduler.Cutter) (scheduler.Cut, error)) (cuts []scheduler.Cut, errs []error) {
	h.t.Helper()
	const processes = 4
	var all sync.WaitGroup
	cuts, errs = make([]scheduler.Cut, processes), make([]error, processes)
	for i := range processes {
		st := h.open()
		cutter := h.newCutter(st)
		cutter.Recipients = &small{Recipients: st, limit: 3}
		all.Go(func() { cuts[i], errs[i] = do(cutter) })
	}
	all.Wait()
	return cuts, errs
}

// crowd is a list of several batches.
func (h *house) crowd(n int) []string {
	h.t.Helper()
	var names []string
	for i := range n {
		name := fmt.Sprintf("r%02d", i)
		h.join(name, [][]string{nil, {"go"}, {"go", "sql"}}[i%3]...)
		names = append(names, name)
	}
	return names
}

func TestManyCutOneWindow(t *testing.T) {
	h := newHouse(t)
	names := h.crowd(20)
	h.publish("go")
	cuts, errs := h.atOnce(func(c *scheduler.Cutter) (scheduler.Cut, error) {
		return c.Digest(h.ctx, weekly, window("2026-11-23"))
	})
	made := 0
	for i, err := range errs {
		switch {
		case err == nil && !cuts[i].Empty(): // the others may have added some of its readers
			made++
		case !errors.Is(err, newsletter.ErrWindowTaken):
			t.Errorf("process %d: %+v, %v", i, cuts[i], err)
		}
	}
	if made != 1 || h.issues() != 1 {
		t.Errorf("%d processes cut %d issues, want one", made, h.issues())
	}
	for _, name := range names {
		h.gets(name, "p1")
	}
}

// By hand each cut has a window of its own; who comes second finishes the first
// one's issue all the same.
func TestManyCutByHand(t *testing.T) {
	for what, do := range map[string]func(*house, *scheduler.Cutter) (scheduler.Cut, error){
		"digest": func(h *house, c *scheduler.Cutter) (scheduler.Cut, error) {
			return c.DigestByHand(h.ctx, weekly, scheduler.Plan{})
		},
		"post": func(h *house, c *scheduler.Cutter) (scheduler.Cut, error) {
			p, err := h.Post(h.ctx, "p1")
			if err != nil {
				return scheduler.Cut{}, err
			}
			return c.Post(h.ctx, p, false, scheduler.Plan{})
		},
	} {
		t.Run(what, func(t *testing.T) {
			h := newHouse(t)
			names := h.crowd(20)
			h.publish("go")
			_, errs := h.atOnce(func(c *scheduler.Cutter) (scheduler.Cut, error) { return do(h, c) })
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
			if h.issues() != 1 {
				t.Errorf("%d issues, want one for all", h.issues())
			}
			for _, name := range names {
				h.gets(name, "p1")
			}
		})
	}
}
