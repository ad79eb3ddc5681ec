package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postrider/mailer"
	"postrider/newsletter"
)

func TestIssueProgress(t *testing.T) {
	c := newClub(t)
	for _, email := range []string{"a@slow.example", "b@slow.example", "c@fast.example", "d@fast.example", "e@fast.example", "f@gone.example"} {
		c.join(email, newsletter.Weekly)
	}
	c.publish()
	issue := c.cut(newsletter.Weekly)
	c.now = c.now.Add(time.Hour)
	busy := "451 4.3.0 busy"
	for _, d := range c.claim(5) {
		c.intend(d)
		e := mailer.Entry{Key: d.Key, At: c.now, State: mailer.Sent, Reply: "250 ok"}
		switch d.To {
		case "a@slow.example", "b@slow.example":
			e.State, e.Reply, e.Due = mailer.Deferred, busy, c.now.Add(time.Hour)
		case "e@fast.example":
			e.State, e.Reason, e.Reply = mailer.Failed, mailer.ReasonRefused, "554 no"
			e.At = e.At.Add(time.Second)
		}
		c.record(e)
	}
	c.now = c.now.Add(2 * time.Second)
	got, err := c.IssueProgress(c.ctx, issue, c.now)
	c.ok(err)
	want := IssueProgress{
		Ended:   3,
		Span:    time.Minute,
		Going:   1,
		Last:    c.now.Add(-time.Second),
		Slowest: []DomainProgress{{"slow.example", 2, 2}, {"gone.example", 1, 0}},
		Domains: 2,
		Open:    3,
		Errors: []DeliveryError{
			{mailer.Failed, mailer.ReasonRefused, "554 no", 1, c.now.Add(-time.Second)},
			{mailer.Deferred, "", busy, 2, c.now.Add(-2 * time.Second)},
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if _, err := c.IssueProgress(c.ctx, "none", c.now); err == nil {
		t.Error("an issue that is not there has progress")
	}
}
