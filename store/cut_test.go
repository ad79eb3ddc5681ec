package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postrider/newsletter"
)

var weekly = newsletter.Audience{Cadence: newsletter.Weekly}

func TestSnapshot(t *testing.T) {
	c := newClub(t)
	c.join("all@example.org", newsletter.Weekly)
	c.join("all2@example.org", newsletter.Weekly)
	c.join("go@example.org", newsletter.Weekly, "go")
	c.join("art@example.org", newsletter.Weekly, "art")
	c.join("daily@example.org", newsletter.Daily)
	c.join("break@example.org", newsletter.Weekly)
	c.join("left@example.org", newsletter.Weekly)
	c.change("break@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber {
		s.PausedUntil = c.now.Add(time.Hour)
		return s
	})
	c.change("left@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber { return s.Leave(c.now) })
	one, two := c.publish("go"), c.publish("Go", "sql")
	gone := c.publish("go")
	_, err := c.WithdrawPosts(c.ctx, c.now, gone)
	c.ok(err)

	snap, err := c.Snapshot(c.ctx, weekly, c.now)
	c.ok(err)
	if snap.Newest != 3 || len(snap.Groups) != 3 {
		t.Errorf("newest %d, groups %+v", snap.Newest, snap.Groups)
	}
	if len(snap.Publications) != 2 || snap.Publications[0].PostID != one || snap.Publications[1].PostID != two ||
		!slices.Equal(snap.Publications[1].Tags, []string{"go", "sql"}) {
		t.Errorf("publications %+v", snap.Publications)
	}
	want := map[newsletter.Reason]int{newsletter.NoTopicMatch: 1, newsletter.OtherCadence: 1,
		newsletter.PausedByReader: 1, newsletter.Reason(newsletter.Unsubscribed): 1}
	if fmt.Sprint(snap.LeftOut) != fmt.Sprint(want) {
		t.Errorf("left out %v, want %v", snap.LeftOut, want)
	}

	c.send(one, false)
	snap, err = c.Snapshot(c.ctx, newsletter.Audience{Post: one}, c.now)
	c.ok(err)
	if len(snap.Groups) != 0 || snap.LeftOut[newsletter.AlreadyHas] != 5 || len(snap.Publications) != 1 {
		t.Errorf("a post that everybody has: %+v", snap)
	}
	if _, err := c.Snapshot(c.ctx, newsletter.Audience{Post: gone}, c.now); !errors.Is(err, ErrNotFound) {
		t.Errorf("a withdrawn post: %v, want ErrNotFound", err)
	}
}

func TestAWindowIsCutOnce(t *testing.T) {
	c := newClub(t)
	c.join("ada@example.org", newsletter.Weekly)
	c.publish()
	snap, err := c.Snapshot(c.ctx, weekly, c.now)
	c.ok(err)
	is := newsletter.Issue{ID: "one", Digest: "weekly", Window: "2026-11-23", Newest: snap.Newest,
		Created: c.now, Expires: c.now.Add(time.Hour)}
	variants := []newsletter.Variant{variant(snap.Publications)}
	c.publish()
	if err := c.WriteIssue(c.ctx, is, weekly, snap, variants); !errors.Is(err, newsletter.ErrChanged) {
		t.Errorf("after another post: %v, want ErrChanged", err)
	}
	snap, err = c.Snapshot(c.ctx, weekly, c.now)
	c.ok(err)
	c.ok(c.WriteIssue(c.ctx, is, weekly, snap, variants))
	is.ID = "two"
	if err := c.WriteIssue(c.ctx, is, weekly, snap, variants); !errors.Is(err, newsletter.ErrWindowTaken) {
		t.Errorf("the same window: %v, want ErrWindowTaken", err)
	}
	other := is
	other.Window = "by hand"
	if err := c.WriteIssue(c.ctx, other, weekly, snap, variants); !errors.Is(err, newsletter.ErrChanged) {
		t.Errorf("another window, planned before the first was written: %v, want ErrChanged", err)
	}
	again, err := c.Snapshot(c.ctx, weekly, c.now)
	if want := (newsletter.Last{ID: "one", Digest: "weekly", Unfinished: true}); err != nil || again.Last != want {
		t.Errorf("the last issue is %+v, %v; want %+v", again.Last, err, want)
	}
	for _, state := range []newsletter.WindowState{newsletter.WindowEmpty, newsletter.WindowMissed} {
		err := c.CloseWindow(c.ctx, newsletter.Closing{Digest: "weekly", Window: is.Window, State: state,
			Newest: snap.Newest, Change: snap.Change}, weekly, c.now)
		if !errors.Is(err, newsletter.ErrWindowTaken) {
			t.Errorf("closed as %s: %v, want ErrWindowTaken", state, err)
		}
	}
	last, ok, err := c.LastWindow(c.ctx, "weekly")
	if err != nil || !ok || last.Issue != "one" || last.State != newsletter.WindowCut || !last.At.Equal(c.now) {
		t.Errorf("last window %+v, %v, %v", last, ok, err)
	}
}

func TestCloseWindow(t *testing.T) {
	c := newClub(t)
	c.join("art@example.org", newsletter.Weekly, "art")
	c.publish("go")
	snap, err := c.Snapshot(c.ctx, weekly, c.now)
	c.ok(err)
	closing := newsletter.Closing{Digest: "weekly", Window: "1", State: newsletter.WindowMissed, Newest: snap.Newest, Change: snap.Change}
	c.ok(c.CloseWindow(c.ctx, closing, weekly, c.now))
	if got := c.get("art@example.org").Cursor; got != 0 {
		t.Errorf("a missed window moved the cursor to %d", got)
	}
	// Somebody with a post before them comes over: the window is not empty any more.
	c.join("go@example.org", newsletter.Weekly, "go")
	closing.Window, closing.State = "2", newsletter.WindowEmpty
	if err := c.CloseWindow(c.ctx, closing, weekly, c.now); !errors.Is(err, newsletter.ErrChanged) {
		t.Errorf("got %v, want ErrChanged", err)
	}
	c.change("go@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber { return s.Leave(c.now) })
	c.ok(c.CloseWindow(c.ctx, closing, weekly, c.now))
	if got := c.get("art@example.org").Cursor; got != 1 {
		t.Errorf("an empty window left the cursor at %d, want 1", got)
	}
	windows, err := c.Windows(c.ctx, "weekly", 10)
	if err != nil || len(windows) != 2 {
		t.Errorf("windows %+v, %v", windows, err)
	}
}

func TestSeeDigests(t *testing.T) {
	c := newClub(t)
	first, err := c.SeeDigests(c.ctx, []string{"weekly"}, c.now)
	c.ok(err)
	then, err := c.SeeDigests(c.ctx, []string{"weekly", "daily"}, c.now.Add(time.Hour))
	c.ok(err)
	if !then["weekly"].Equal(first["weekly"]) || !then["daily"].Equal(c.now.Add(time.Hour)) {
		t.Errorf("first %v, then %v", first, then)
	}
}

// A digest's last date is one of the calendar, whatever was cut by hand since.
func TestLastDate(t *testing.T) {
	c := newClub(t)
	for _, closing := range []struct{ window, want string }{
		{"by-hand 2026-11-23T09:00:00Z abc", ""}, {"2026-11-23", "2026-11-23"}, {"to-7", "2026-11-23"}, {"2026-11-16", "2026-11-23"},
	} {
		c.ok(c.CloseWindow(c.ctx, newsletter.Closing{Digest: "weekly", Window: closing.window,
			State: newsletter.WindowMissed}, newsletter.Audience{Cadence: newsletter.Weekly}, c.now))
		if got, err := c.LastDate(c.ctx, "weekly"); err != nil || got != closing.want {
			t.Errorf("after %s: %q, %v; want %q", closing.window, got, err, closing.want)
		}
	}
}

// Posts settle by when they came before their readers, not by the date they bear.
func TestWaiting(t *testing.T) {
	c := newClub(t)
	c.join("ada@example.org", newsletter.Instant)
	c.join("weekly@example.org", newsletter.Weekly)
	c.put("old.md", "---\ndate: 2026-11-20\n---\nOld.")
	first := c.now
	c.now = first.Add(3 * time.Minute)
	c.publish()
	for _, step := range []struct {
		after time.Duration
		want  newsletter.Waiting
	}{
		{0, newsletter.Waiting{Settled: 2, Readers: true}},
		{2 * time.Minute, newsletter.Waiting{Settled: 1, Readers: true, Next: first.Add(3 * time.Minute)}},
		{4 * time.Minute, newsletter.Waiting{Settled: 0, Next: first}},
	} {
		got, err := c.Waiting(c.ctx, "now", c.now.Add(-step.after), c.now)
		if err != nil || got != step.want {
			t.Errorf("%s ago: %+v, %v; want %+v", step.after, got, err, step.want)
		}
	}
	for _, window := range []string{"to-2", "to-2-2", "to-20", "to-20-2"} {
		c.ok(c.CloseWindow(c.ctx, newsletter.Closing{Digest: "now", Window: window, State: newsletter.WindowMissed},
			newsletter.Audience{Cadence: newsletter.Instant}, c.now))
	}
	c.change("ada@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber {
		s.PausedUntil = c.now.Add(time.Hour)
		return s
	})
	got, err := c.Waiting(c.ctx, "now", c.now, c.now)
	if want := (newsletter.Waiting{Settled: 2, Handled: 2}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	for what, query := range map[string]string{
		"subscriber_instant": `SELECT EXISTS (SELECT 1 FROM subscriber WHERE cadence = 'instant' AND state = 'active' AND cursor < 7 AND ` +
			strings.ReplaceAll(notPaused, "?", "7") + `)`,
		"post_numbered": `SELECT min(number), min(numbered_at) FROM post WHERE numbered_at > 7`,
	} {
		if steps := plan(t, c.Store, query); !strings.Contains(steps, what) {
			t.Errorf("%s is not used:\n%s", what, steps)
		}
	}
}
