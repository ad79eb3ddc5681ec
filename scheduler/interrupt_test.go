package scheduler_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"postrider/newsletter"
	"postrider/post"
	"postrider/scheduler"
)

var errPower = errors.New("the power went")

// Wherever a cut ends after its issue was written, finishing it adds those who
// were left out and nobody else.
func TestAnInterruptedCutIsFinished(t *testing.T) {
	type ending struct {
		name string
		cut  func(h *house, cutter *scheduler.Cutter, at int) error
	}
	byPower := func(h *house, c *scheduler.Cutter, at int) error {
		c.Recipients = &small{Recipients: h.Store, limit: 3, before: func(step int) error {
			if step == at {
				return errPower
			}
			return nil
		}}
		_, err := c.DigestByHand(h.ctx, weekly, scheduler.Plan{})
		return err
	}
	byOperator := func(h *house, c *scheduler.Cutter, at int) error {
		ctx, interrupt := context.WithCancel(h.ctx)
		defer interrupt()
		c.Recipients = &small{Recipients: h.Store, limit: 3}
		heard := 0
		c.Progress = func(int) {
			if heard++; heard == at {
				interrupt()
			}
		}
		_, err := c.DigestByHand(ctx, weekly, scheduler.Plan{})
		return err
	}
	for _, e := range []ending{{"the power goes", byPower}, {"Ctrl-C", byOperator}} {
		for at := 1; at <= 4; at++ {
			t.Run(e.name, func(t *testing.T) {
				h := newHouse(t)
				names := h.crowd(13)
				h.publish("go")
				if err := e.cut(h, h.newCutter(h.Store), at); !errors.Is(err, errPower) && !errors.Is(err, context.Canceled) {
					t.Fatalf("the cut ended with %v", err)
				}
				h.publish("go") // belongs to the next issue
				done, err := h.cutter.FinishDigest(h.ctx, weekly)
				h.ok(err)
				if done.Empty() || h.issues() != 1 {
					t.Errorf("finished %+v of %d issues", done, h.issues())
				}
				for _, name := range names {
					h.gets(name, "p1")
				}
				if again, err := h.cutter.FinishDigest(h.ctx, weekly); err != nil || !again.Empty() {
					t.Errorf("finished once more: %+v, %v", again, err)
				}
				h.cut()
				for _, name := range names {
					h.gets(name, "p1", "p2")
				}
			})
		}
	}
}

// Before the issue is written nothing has happened.
func TestACutThatFailsEarlyLeavesNothing(t *testing.T) {
	h := newHouse(t)
	h.join("ada")
	h.publish()
	ctx, interrupt := context.WithCancel(h.ctx)
	h.cutter.Windows = &late{Windows: h.Store, happens: []func(){interrupt}}
	if _, err := h.cutter.Digest(ctx, weekly, window("2026-11-23")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, taken, err := h.LastWindow(h.ctx, "weekly"); taken || err != nil || h.issues() != 0 {
		t.Errorf("a window %v, %v, and %d issues", taken, err, h.issues())
	}
	_, err := h.cutter.Digest(h.ctx, weekly, window("2026-11-23"))
	h.ok(err)
	h.gets("ada", "p1")
}

// Two sends of one kind may both have been cut short; nothing waits for ever.
func TestEveryUnfinishedIssueIsFinished(t *testing.T) {
	h := newHouse(t)
	names := h.crowd(5)
	for range 2 {
		p := h.publish("go")
		c := h.newCutter(h.Store)
		c.Recipients = &small{Recipients: h.Store, before: func(int) error { return errPower }}
		if _, err := c.Post(h.ctx, p, false, scheduler.Plan{}); !errors.Is(err, errPower) {
			t.Fatalf("got %v", err)
		}
	}
	done, err := h.cutter.FinishPosts(h.ctx)
	h.ok(err)
	if done.Added != 2*len(names) {
		t.Errorf("added %d, want each of %d twice", done.Added, len(names))
	}
	for _, name := range names {
		h.gets(name, "p1", "p2")
	}
	if u, left, err := h.UnfinishedIssue(h.ctx, ""); left || err != nil {
		t.Errorf("left %+v, %v", u.Issue, err)
	}
}

// What happens between planning and writing is planned for again.
func TestPostsChangeDuringACut(t *testing.T) {
	for what, c := range map[string]struct {
		happens func(h *house)
		mails   []string
		words   string
	}{
		"published": {func(h *house) { h.publish() }, []string{"p3 p2 p1"}, "Post 3, first words."},
		"edited":    {func(h *house) { h.write(1, "better words") }, []string{"p2 p1"}, "Post 1, better words."},
		"withdrawn": {func(h *house) { h.withdraw("p2") }, []string{"p1"}, "Post 1, first words."},
	} {
		t.Run(what, func(t *testing.T) {
			h := newHouse(t)
			h.join("ada")
			h.publish()
			h.publish()
			h.cutter.Windows = &late{Windows: h.Store, happens: []func(){func() { c.happens(h) }}}
			cut := h.cut()
			h.gets("ada", c.mails...)
			v, err := h.VariantOf(h.ctx, cut.Issue.ID, h.reader("ada").ID)
			h.ok(err)
			if !strings.Contains(v.Text, c.words) || h.issues() != 1 {
				t.Errorf("%d issues; the mail does not say %q:\n%s", h.issues(), c.words, v.Text)
			}
			if what == "edited" && strings.Contains(v.Text, "Post 1, first words.") {
				t.Error("the mail has the words from before the edit")
			}
		})
	}
}

func (h *house) withdraw(slug string) {
	h.t.Helper()
	p, err := h.Post(h.ctx, slug)
	h.ok(err)
	_, err = h.WithdrawPosts(h.ctx, h.now, p.ID)
	h.ok(err)
}

// A reader whose turn comes last may want something else by then. What they get
// is made on the way, of the posts as they were frozen.
func TestTopicsChangeDuringACut(t *testing.T) {
	h := newHouse(t)
	h.join("ada")
	h.join("bob")
	h.join("cyd")
	h.publish("go")
	h.publish("sql")
	h.cutter.Recipients = &small{Recipients: h.Store, limit: 1, before: func(step int) error {
		if step == 2 {
			h.write(2, "words after the cut", "sql")
			h.change("bob", func(s *newsletter.Subscriber) { s.Topics = []string{"sql"} })
			h.change("cyd", func(s *newsletter.Subscriber) { s.Topics = []string{"art"} })
		}
		return nil
	}}
	cut := h.cut()
	h.gets("ada", "p2 p1")
	h.gets("bob", "p2")
	h.gets("cyd")
	variants, err := h.Variants(h.ctx, cut.Issue.ID)
	h.ok(err)
	if len(variants) != 2 || cut.Added != 2 {
		t.Fatalf("%d variants for %d", len(variants), cut.Added)
	}
	for _, v := range variants {
		if !strings.Contains(v.Text, "Post 2, first words.") || strings.Contains(v.Text, "after the cut") {
			t.Errorf("the variant %s is not what was frozen:\n%s", v.Key, v.Text)
		}
	}
}

// A batch or a variant that cannot be made ends the cut with the reason.
func TestACutTellsWhatFailed(t *testing.T) {
	h := newHouse(t)
	h.join("ada")
	p := h.publish()
	if _, err := h.cutter.Post(h.ctx, post.Post{ID: "unknown"}, false, scheduler.Plan{}); err == nil || !strings.Contains(err.Error(), "unknown") {
		t.Errorf("a post that is not there: %v", err)
	}
	broken := weekly
	broken.Subject = "{{.Nothing}}"
	if _, err := h.cutter.DigestByHand(h.ctx, broken, scheduler.Plan{}); err == nil || !strings.Contains(err.Error(), "compose the issue") {
		t.Errorf("a subject that cannot be made: %v", err)
	}
	if h.issues() != 0 {
		t.Errorf("%d issues were left behind", h.issues())
	}
	h.cutter.Recipients = &small{Recipients: h.Store, before: func(int) error { return errPower }}
	cut, err := h.cutter.Post(h.ctx, p, false, scheduler.Plan{})
	if !errors.Is(err, errPower) || cut.Empty() {
		t.Errorf("%+v, %v: the issue that was written is not told", cut, err)
	}
}
