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

func TestExpandInSteps(t *testing.T) {
	c := newClub(t)
	var rows []NewRow
	for i := range 25 {
		rows = append(rows, NewRow{Line: i, Email: newsletter.Address(fmt.Sprintf("r%02d@example.org", i)),
			Topics: [][]string{nil, {"go"}, {"art"}}[i%3]})
	}
	c.importRows(rows, nil)
	c.publish("go")
	c.publish("sql")
	id := c.write(weekly)
	c.join("late@example.org", newsletter.Weekly)
	u, ok, err := c.UnfinishedIssue(c.ctx, "weekly")
	if err != nil || !ok || u.Issue.ID != id || u.Audience != weekly || len(u.Publications) != 2 {
		t.Fatalf("unfinished %+v, %v, %v", u, ok, err)
	}
	added, seen := 0, 0
	for range 10 {
		step := c.step(id, weekly, u.Publications, 10)
		added, seen = added+step.Added, seen+step.Seen
		if step.Done {
			break
		}
		if is, _ := c.Issue(c.ctx, id); is.State != newsletter.Expanding {
			t.Errorf("in between the issue is %s", is.State)
		}
	}
	if added != 17 || seen != 25 {
		t.Errorf("added %d of %d seen, want 17 of 25", added, seen)
	}
	if is, _ := c.Issue(c.ctx, id); is.State != newsletter.Sending {
		t.Errorf("at the end the issue is %s", is.State)
	}
	if n := value[int](t, c.Store, `SELECT count(*) FROM subscriber WHERE cursor = 2 AND email <> 'late@example.org'`); n != 25 {
		t.Errorf("%d cursors moved, want 25: also of those who got nothing", n)
	}
	if got := c.got("late@example.org"); len(got) != 0 {
		t.Errorf("who joined after the cut is in it: %v", got)
	}
	if step := c.step(id, weekly, u.Publications, 10); !step.Done || step.Added != 0 {
		t.Errorf("expanded again: %+v", step)
	}
	c.sound()
}

// Between the plan and the moment when their turn comes readers change topics,
// take a break, leave, and come over with older posts before them.
func TestExpandMeetsChanges(t *testing.T) {
	c := newClub(t)
	for _, name := range []string{"topics", "break", "leaves"} {
		c.join(name+"@example.org", newsletter.Weekly)
	}
	c.join("comes@example.org", newsletter.Daily)
	c.publish("go")
	c.cut(newsletter.Weekly)
	c.publish("go")
	c.publish("sql")
	id := c.write(weekly)
	to := func(rule func(s *newsletter.Subscriber)) func(newsletter.Subscriber) newsletter.Subscriber {
		return func(s newsletter.Subscriber) newsletter.Subscriber { rule(&s); return s }
	}
	c.change("topics@example.org", Record{}, to(func(s *newsletter.Subscriber) { s.Topics = []string{"sql"} }))
	c.change("break@example.org", Record{}, to(func(s *newsletter.Subscriber) { s.PausedUntil = c.now.Add(time.Hour) }))
	c.change("leaves@example.org", Record{}, to(func(s *newsletter.Subscriber) { *s = s.Leave(c.now) }))
	c.change("comes@example.org", Record{}, to(func(s *newsletter.Subscriber) { s.Cadence = newsletter.Weekly }))
	u, _, err := c.UnfinishedIssue(c.ctx, "weekly")
	c.ok(err)
	_, err = c.Expand(c.ctx, id, 10, c.now, chooser(weekly, u.Publications))
	var missing *newsletter.MissingVariant
	if !errors.As(err, &missing) || len(missing.Publications) != 1 {
		t.Fatalf("got %v, want a missing variant of one post", err)
	}
	if n := value[int](t, c.Store, `SELECT count(*) FROM delivery WHERE state = 'queued' AND start = 1`); n != 0 {
		t.Errorf("%d deliveries were written all the same", n)
	}
	if added := c.finish(newsletter.Weekly); added != 1 {
		t.Errorf("added %d, want the one who changed topics", added)
	}
	if got := c.get("break@example.org").Cursor; got != 3 {
		t.Errorf("who takes a break stands at %d, want 3", got)
	}
	if got := c.get("comes@example.org").Cursor; got != 0 {
		t.Errorf("who came over with an older post before them stands at %d, want 0", got)
	}
	c.cut(newsletter.Weekly)
	if got := c.got("comes@example.org"); len(got) != 3 {
		t.Errorf("they have %d posts of the next issue, want all 3", len(got))
	}
	c.sound()
}

func TestSendByHand(t *testing.T) {
	c := newClub(t)
	c.join("weekly@example.org", newsletter.Weekly)
	c.join("art@example.org", newsletter.Daily, "art")
	one := c.publish("go")
	c.cut(newsletter.Weekly) // weekly has the post now
	id := c.send(one, false)
	if got := c.deliver(); len(got) != 2 {
		t.Errorf("mails %q, want one for each", got)
	}
	if art := c.get("art@example.org"); !slices.Equal(art.Skip, []int64{1}) || art.Cursor != 0 {
		t.Errorf("after the sending %+v", art.Served())
	}
	two := c.publish("art")
	c.cut(newsletter.Daily)
	if got := c.got("art@example.org"); len(got) != 2 || got[one] != 1 || got[two] != 1 {
		t.Errorf("art got %v", got)
	}
	if c.send(one, false) != "" {
		t.Error("a post that everybody has was sent to somebody")
	}
	if again := c.send(one, true); again == "" || len(c.deliver()) != 3 { // and the digest of before
		t.Error("with again it goes to everybody")
	}
	posts, err := c.IssuePosts(c.ctx, id)
	if err != nil || len(posts) != 1 || posts[0].PostID != one {
		t.Errorf("posts of the issue %+v, %v", posts, err)
	}
	c.sound()
}

// An issue with nobody in it, because all have left since the plan, is over.
func TestAnIssueForNobody(t *testing.T) {
	c := newClub(t)
	c.join("ada@example.org", newsletter.Weekly)
	c.publish()
	id := c.write(weekly)
	c.change("ada@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber { return s.Leave(c.now) })
	c.finish(newsletter.Weekly)
	if is, err := c.Issue(c.ctx, id); err != nil || is.State != newsletter.Finished || !is.Finished.Equal(c.now) {
		t.Errorf("%+v, %v", is, err)
	}
	if tally, err := c.Tally(c.ctx, id); err != nil || tally.Total() != 0 {
		t.Errorf("%+v, %v", tally, err)
	}
	if _, err := c.Tally(c.ctx, "unknown"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
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
