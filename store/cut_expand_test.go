package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"postrider/newsletter"
)

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
