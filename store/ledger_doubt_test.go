package store

import (
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// doubt makes an issue whose only delivery may have arrived at its first attempt
// and was put off at its second.
func (c *club) doubt() (issue string, key mailer.Key) {
	c.t.Helper()
	issue, d := c.one()
	c.intend(d)
	c.record(mailer.Entry{Key: d.Key, State: mailer.Uncertain, At: c.now, Due: c.now.Add(time.Minute)})
	c.now = c.now.Add(2 * time.Minute)
	again := c.claim(10)
	if len(again) != 1 || !again[0].Uncertain {
		c.t.Fatalf("claimed %+v, want one that is uncertain", again)
	}
	c.intend(again[0])
	c.record(mailer.Entry{Key: d.Key, State: mailer.Deferred, At: c.now, Due: c.now.Add(15 * time.Minute), Reply: "451 later"})
	c.now = c.now.Add(16 * time.Minute)
	return issue, d.Key
}

// What may have arrived is never given back, whatever later attempts say: the next
// digest would bring it again.
func TestDoubtStays(t *testing.T) {
	tests := []struct {
		name string
		end  func(c *club, issue string, key mailer.Key)
		want mailer.DeliveryState
	}{
		{"expired, as the worker says", func(c *club, _ string, key mailer.Key) {
			third := c.claim(10)
			if len(third) != 1 || !third[0].Uncertain {
				c.t.Errorf("claimed %+v, want one that is uncertain", third)
			}
			c.intend(third[0])
			c.record(mailer.Entry{Key: key, State: mailer.Failed, Reason: mailer.ReasonExpired, At: c.now})
		}, mailer.Failed},
		{"expired, and the operator is to decide", func(c *club, _ string, key mailer.Key) {
			c.options.HoldUncertain = true
			c.intend(c.claim(10)[0])
			c.record(mailer.Entry{Key: key, State: mailer.Failed, Reason: mailer.ReasonExpired, At: c.now})
		}, mailer.Uncertain},
		{"uncertain again, without time for another attempt", func(c *club, _ string, key mailer.Key) {
			c.intend(c.claim(10)[0])
			c.record(mailer.Entry{Key: key, State: mailer.Uncertain, At: c.now})
		}, mailer.Failed},
		{"expired, as the ledger says", func(c *club, _ string, _ mailer.Key) {
			c.now = c.now.Add(100 * time.Hour)
			c.intend(c.claim(10)[0])
		}, mailer.Failed},
		{"cancelled", func(c *club, issue string, _ mailer.Key) {
			_, err := c.CancelIssue(c.ctx, issue, c.now)
			c.ok(err)
		}, mailer.Withheld},
		{"cancelled while it is sent", func(c *club, issue string, key mailer.Key) {
			c.intend(c.claim(10)[0])
			_, err := c.CancelIssue(c.ctx, issue, c.now)
			c.ok(err)
			c.record(mailer.Entry{Key: key, State: mailer.Deferred, At: c.now, Due: c.now.Add(time.Hour)})
		}, mailer.Withheld},
		{"refused", func(c *club, _ string, key mailer.Key) {
			c.intend(c.claim(10)[0])
			c.record(mailer.Entry{Key: key, State: mailer.Failed, Reason: mailer.ReasonRefused, At: c.now})
		}, mailer.Failed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newClub(t)
			issue, key := c.doubt()
			test.end(c, issue, key)
			if row := c.row(issue); row.State != test.want {
				t.Errorf("the row is %+v, want %s", row, test.want)
			}
			if cursor := c.get("ada@example.org").Cursor; cursor != 1 {
				t.Errorf("cursor %d, want 1: the post was given back", cursor)
			}
			if id := c.cut(newsletter.Weekly); id != "" {
				t.Errorf("another digest brings it again: %s", id)
			}
			c.sound()
		})
	}
}

// A worker that dies while it sends leaves the same doubt.
func TestDoubtOfTheDead(t *testing.T) {
	c := newClub(t)
	issue, d := c.one()
	c.intend(d)
	c.ok(c.Release(c.ctx, c.worker))
	c.worker = c.enlist(c.Store)
	c.intend(c.claim(10)[0])
	c.record(mailer.Entry{Key: d.Key, State: mailer.Deferred, At: c.now, Due: c.now})
	if again := c.claim(10); len(again) != 1 || !again[0].Uncertain {
		t.Errorf("claimed %+v, want one that is uncertain", again)
	}
	_, err := c.CancelIssue(c.ctx, issue, c.now)
	c.ok(err)
	if row := c.row(issue); row.Reason != string(mailer.Uncertain) || c.get("ada@example.org").Cursor != 1 {
		t.Errorf("cancelled as %+v", row)
	}
	c.sound()
}
