package store

import (
	"testing"
	"time"

	"postrider/mailer"
)

// What is given back until its time was not tried: its state and the server's last
// words stay, and since when; and nothing can be done for it before.
func TestGivenBackUntried(t *testing.T) {
	for _, before := range []mailer.Entry{
		{State: mailer.Queued},
		{State: mailer.Deferred, Due: monday, Reply: "451 4.3.0 later"},
		{State: mailer.Uncertain, Due: monday, Reply: "connection lost"},
	} {
		c := newClub(t)
		issue, d := c.one()
		if before.State != mailer.Queued {
			before.Key, before.At = d.Key, c.now
			c.intend(d)
			c.record(before)
			c.claim(1)
		}
		was, later := c.row(issue), c.now.Add(time.Hour)
		c.now = c.now.Add(time.Minute)
		if v := c.record(mailer.Entry{Key: d.Key, State: mailer.Queued, At: c.now, Due: later}); v[0] != mailer.Recorded {
			t.Errorf("%s: %v", before.State, v)
		}
		was.Due = later
		if row := c.row(issue); row.State != before.State || row != was {
			t.Errorf("the row is\n%+v, want\n%+v", row, was)
		}
		tried := int64(1)
		if before.State == mailer.Queued {
			tried = 0
		}
		if tally, err := c.Tally(c.ctx, issue); err != nil || !tally.Idle() || !tally.NextDue.Equal(later) || tally.Later != tried {
			t.Errorf("%s: before its time the tally is %+v, %v", before.State, tally, err)
		}
		c.now = later
		if tally, err := c.Tally(c.ctx, issue); err != nil || tally.Idle() || tally.Due != 1 || !tally.NextDue.IsZero() {
			t.Errorf("%s: when it is due the tally is %+v, %v", before.State, tally, err)
		}
		c.now = later.Add(-time.Hour)
		if p, err := c.IssueProgress(c.ctx, issue, c.now); err != nil || before.State == mailer.Queued && (p.Slowest[0].Deferred != 0 || len(p.Errors) != 0) {
			t.Errorf("the progress is %+v, %v", p, err)
		}
		if n := len(c.claim(1)); n != 0 {
			t.Errorf("%s: claimed before its time", before.State)
		}
		if v := c.record(mailer.Entry{Key: d.Key, State: mailer.Queued, At: c.now, Due: later}); v[0] != mailer.Lost {
			t.Errorf("%s: who does not hold it gave it back", before.State)
		}
		c.sound()
	}
}

// What only a rate keeps back is told apart, until something else keeps it back or it is
// tried.
func TestGivenBackForItsRate(t *testing.T) {
	c := newClub(t)
	issue, d := c.one()
	paced := func(want int64) {
		t.Helper()
		tally, err := c.Tally(c.ctx, issue)
		if err != nil || tally.Paced != want || tally.Settled() != (want == 0 && tally.Idle()) {
			t.Errorf("%d are paced, settled is %v, %v; want %d", tally.Paced, tally.Settled(), err, want)
		}
	}
	giveBack := func(reason string) {
		t.Helper()
		c.record(mailer.Entry{Key: d.Key, State: mailer.Queued, At: c.now, Due: c.now.Add(time.Minute), Reason: reason})
	}
	giveBack(mailer.ReasonRate)
	paced(1)
	c.now = c.now.Add(time.Minute)
	paced(0) // it is due
	c.claim(1)
	paced(0)
	giveBack("")
	paced(0)
	c.now = c.now.Add(time.Minute)
	c.claim(1)
	giveBack(mailer.ReasonRate)
	c.now = c.now.Add(time.Minute)
	c.claim(1)
	c.intend(d)
	c.record(mailer.Entry{Key: d.Key, State: mailer.Sent, At: c.now})
	if row := c.row(issue); row.State != mailer.Sent || row.Reason != "" {
		t.Errorf("the row is %+v", row)
	}
	c.sound()
}
