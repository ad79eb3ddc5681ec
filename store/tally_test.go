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
