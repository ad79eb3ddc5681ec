package store

import (
	"slices"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// Workers know how many they are, and who was there before whom.
func TestWorkersCountThemselves(t *testing.T) {
	c := newClub(t)
	first := c.worker
	second, third := c.enlist(c.Store), c.enlist(c.Store)
	check := func(worker int64, n, before int) {
		t.Helper()
		if gotN, gotBefore, err := c.Workers(c.ctx, worker, c.now); err != nil || gotN != n || gotBefore != before {
			t.Errorf("worker %d: %d, %d before it, %v; want %d and %d", worker, gotN, gotBefore, err, n, before)
		}
	}
	check(first, 3, 0)
	check(third, 3, 2)
	c.ok(c.Release(c.ctx, second))
	check(third, 2, 1)
	check(second, 0, 0)
	c.now = c.now.Add(2 * time.Hour) // no lease lasts so long
	check(third, 0, 0)
}

// What was sent lately, or may have been, is known to the next process that keeps a
// rate; and what another is sending counts as sent now.
func TestSentLately(t *testing.T) {
	c := newClub(t)
	for _, name := range []string{"a@One.Example", "b@one.example", "c@TWO.example", "d@one.example", "e@one.example", "f@one.example", "g@one.example"} {
		c.join(name, newsletter.Weekly)
	}
	c.publish()
	c.cut(newsletter.Weekly)
	start := c.now
	claimed := c.claim(7)
	for i, d := range claimed[:6] {
		c.now = start.Add(time.Duration(i) * time.Minute)
		c.intend(d)
		state := []mailer.DeliveryState{mailer.Sent, mailer.Sent, mailer.Sent, mailer.Failed, mailer.Uncertain, mailer.Sent}[i]
		at := c.now
		if i == 5 {
			at = at.AddDate(1, 0, 0) // by a clock that ran ahead
		}
		c.record(mailer.Entry{Key: d.Key, State: state, At: at})
	}
	c.intend(claimed[6])
	now := start.Add(10 * time.Minute)
	minutes := func(all ...int) (at []time.Time) {
		for _, m := range all {
			at = append(at, start.Add(time.Duration(m)*time.Minute))
		}
		return at
	}
	for _, tt := range []struct {
		worker int64
		limit  int
		want   []time.Time
	}{
		{c.worker, 9, minutes(1, 2, 4)},
		{c.worker, 2, minutes(2, 4)},
		{c.worker + 1, 9, minutes(1, 2, 4, 10)},
	} {
		sent, err := c.SentSince(c.ctx, tt.worker, start, now, tt.limit)
		if err != nil || !slices.EqualFunc(sent, tt.want, time.Time.Equal) {
			t.Errorf("worker %d, at most %d: %v, %v; want %v", tt.worker, tt.limit, sent, err, tt.want)
		}
	}

	// By domain, whatever the case of its letters.
	by, err := c.SentToDomains(c.ctx, c.worker, start, now, 1)
	one, two := by["one.example"], by["two.example"]
	if err != nil || len(by) != 2 || !slices.EqualFunc(one, minutes(4), time.Time.Equal) || !slices.EqualFunc(two, minutes(2), time.Time.Equal) {
		t.Errorf("by domain: %v, %v", by, err)
	}
}
