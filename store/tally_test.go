package store

import (
	"errors"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

func TestMoving(t *testing.T) {
	c := newClub(t)
	is := func(want bool, issue, when string) {
		t.Helper()
		if got, err := c.Moving(c.ctx, issue); err != nil || got != want {
			t.Errorf("%s: moving is %v, %v", when, got, err)
		}
	}
	is(false, "", "nothing was ever sent")
	c.readers(1)
	c.publish()
	issue := c.cut(newsletter.Weekly)
	is(true, issue, "due")
	_, err := c.PauseIssue(c.ctx, issue, "")
	c.ok(err)
	is(false, issue, "due and paused")
	c.ok(c.ResumeIssue(c.ctx, issue, c.now))
	d := c.claim(1)[0]
	is(true, issue, "claimed")
	_, err = c.PauseIssue(c.ctx, issue, "")
	c.ok(err)
	is(true, issue, "claimed and paused")
	c.ok(c.ResumeIssue(c.ctx, issue, c.now))
	c.intend(d)
	is(true, issue, "being sent")
	later := c.now.Add(time.Hour)
	c.record(mailer.Entry{Key: d.Key, State: mailer.Deferred, At: c.now, Due: later})
	is(false, issue, "deferred")
	c.now = later
	is(true, issue, "due again")
	is(true, "", "due again, of all")
	d = c.claim(1)[0]
	c.intend(d)
	c.record(mailer.Entry{Key: d.Key, State: mailer.Sent, At: c.now})
	is(false, issue, "sent")
	is(false, "", "sent, of all")
	if _, err := c.Moving(c.ctx, "unknown"); !errors.Is(err, ErrNotFound) {
		t.Errorf("of an unknown issue: %v", err)
	}
}

// A rate of each domain holds up those to which more go than it lets in a span, however few
// of them are left.
func TestCrowd(t *testing.T) {
	c := newClub(t)
	for _, email := range []string{"a@three.example", "b@three.example", "c@three.example", "d@two.example", "e@two.example", "f@one.example"} {
		c.join(email, newsletter.Weekly)
	}
	c.publish()
	issue := c.cut(newsletter.Weekly)
	is := func(want int64, id string, most int) {
		t.Helper()
		if got, err := c.Crowd(c.ctx, id, most); err != nil || got != want {
			t.Errorf("crowd of %q over %d is %d, %v; want %d", id, most, got, err, want)
		}
	}
	is(3, issue, 1)
	is(3, issue, 2)
	is(0, issue, 3)
	for _, d := range c.claim(2) { // one is put off, and one has it
		c.intend(d)
		e := mailer.Entry{Key: d.Key, State: mailer.Sent, At: c.now}
		if d.To == "a@three.example" {
			e.State, e.Due = mailer.Deferred, c.now.Add(time.Hour)
		}
		c.record(e)
	}
	is(2, issue, 1)
	is(1, issue, 2)
	is(1, "", 2)
	_, err := c.PauseIssue(c.ctx, issue, "")
	c.ok(err)
	is(0, "", 2)
	if _, err := c.Crowd(c.ctx, "unknown", 1); !errors.Is(err, ErrNotFound) {
		t.Errorf("of an unknown issue: %v", err)
	}
}
