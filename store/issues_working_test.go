package store

import (
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// An issue is worked while a delivery of it is due or on its way, whatever else there is.
func TestWorking(t *testing.T) {
	c := newClub(t)
	working := func(when string, want bool, issues ...string) {
		t.Helper()
		if got, err := c.Working(c.ctx, issues...); err != nil || got != want {
			t.Errorf("%s: working is %v, %v; want %v", when, got, err, want)
		}
	}
	issue, d := c.one()
	c.join("daily@example.org", newsletter.Daily)
	c.publish()
	other := c.cut(newsletter.Daily)
	working("claimed", true, issue)
	c.intend(d)
	working("sending", true, issue)
	c.record(mailer.Entry{Key: d.Key, State: mailer.Deferred, At: c.now, Due: c.now.Add(time.Hour)})
	working("deferred", false, issue)
	working("deferred, beside another", true, issue, other)
	working("deferred, of all", true)
	c.pause(other, "")
	working("the other paused", false)
	c.now = c.now.Add(time.Hour)
	working("due again", true, issue)
	working("due again, but another is asked for", false, other)
}
