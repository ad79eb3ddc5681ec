package store

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

const year = 365 * 24 * time.Hour

// prune removes what ended more than a year ago, a few rows at a time.
func (c *club) prune() (removed int64) {
	c.t.Helper()
	for {
		n, done, err := c.Prune(c.ctx, c.now.Add(-year), 2, c.now)
		c.ok(err)
		if done {
			return removed
		}
		if n > 2 {
			c.t.Errorf("removed %d rows at once", n)
		}
		removed += n
	}
}

func TestPrune(t *testing.T) {
	c := newClub(t)
	c.readers(5)
	c.publish("go")
	old := c.cut(newsletter.Weekly)
	gone := c.claim(1)[0]
	c.intend(gone)
	c.record(mailer.Entry{Key: gone.Key, State: mailer.Failed, At: c.now, Reason: "refused"})
	c.deliver()
	before, err := c.Tally(c.ctx, old)
	c.ok(err)
	c.now = c.now.Add(year + time.Hour)
	c.worker = c.enlist(c.Store)
	c.publish("go")
	young := c.cut(newsletter.Weekly)
	c.deliver()
	c.publish("go")
	open := c.cut(newsletter.Weekly)

	issues, deliveries, err := c.Prunable(c.ctx, c.now.Add(-year))
	if issues != 1 || deliveries != 5 || err != nil {
		t.Errorf("%d issues and %d deliveries can be pruned, %v", issues, deliveries, err)
	}
	if n := c.prune(); n != 5 {
		t.Errorf("removed %d, want 5", n)
	}
	c.sound()
	after, err := c.Tally(c.ctx, old)
	c.ok(err)
	if after.Total() != 5 || after.Count[mailer.Sent] != before.Count[mailer.Sent] || after.Count[mailer.Failed] != 1 {
		t.Errorf("counted %v, before it was %v", after.Count, before.Count)
	}
	for row, err := range c.Deliveries(c.ctx, old, nil) {
		t.Errorf("still there: %+v, %v", row, err)
	}
	for _, id := range []string{young, open} {
		if tally, err := c.Tally(c.ctx, id); err != nil || tally.Total() != 5 {
			t.Errorf("%s has %v, %v", id, tally.Count, err)
		}
		if at, err := c.Pruned(c.ctx, id); err != nil || !at.IsZero() {
			t.Errorf("%s was pruned at %s, %v", id, at, err)
		}
	}
	if at, err := c.Pruned(c.ctx, old); err != nil || !at.Equal(stored(c.now)) {
		t.Errorf("pruned at %s, %v", at, err)
	}
	variants, err := c.Variants(c.ctx, old)
	if err != nil || len(variants) != 1 || variants[0].HTML == "" || len(variants[0].Mould) != 0 || len(variants[0].Publications) != 1 {
		t.Errorf("variants %+v, %v; want the page without the message", variants, err)
	}
	if _, err := c.RetryDeliveries(c.ctx, old, []mailer.DeliveryState{mailer.Failed}, c.now); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "pruned") {
		t.Errorf("retry: %v", err)
	}
	if issues, _, err := c.Prunable(c.ctx, c.now.Add(-year)); issues != 0 || err != nil {
		t.Errorf("%d issues are left to prune, %v", issues, err)
	}
}

// Nobody gets again what a pruned issue may have brought: neither by a digest nor
// by hand, nor as a retry of an issue before it.
func TestPrunedIsNotSentAgain(t *testing.T) {
	c := newClub(t)
	c.join("ada@example.org", newsletter.Weekly)
	c.join("bob@example.org", newsletter.Weekly, "art") // it was not for him: who knows?
	post := c.publish("go")
	c.cut(newsletter.Weekly)
	if got := c.deliver(); len(got) != 1 {
		t.Fatalf("sent %q", got)
	}
	c.now = c.now.Add(2 * year)
	c.worker = c.enlist(c.Store)
	c.join("new@example.org", newsletter.Weekly)
	c.prune()

	if id := c.write(newsletter.Audience{Cadence: newsletter.Weekly}); id != "" && c.get("ada@example.org").Cursor != 1 {
		t.Errorf("a digest brings it again")
	}
	id := c.send(post, false)
	if row := c.row(id); row.Email != "new@example.org" {
		t.Errorf("sent by hand it goes to %s", row.Email)
	}
	if tally, err := c.Tally(c.ctx, id); err != nil || tally.Total() != 1 {
		t.Errorf("and to %v, %v", tally.Count, err)
	}
	again := c.send(post, true)
	if tally, err := c.Tally(c.ctx, again); err != nil || tally.Total() != 3 {
		t.Errorf("again it goes to %v, %v", tally.Count, err)
	}
	c.sound()
}

func TestRetryBesideAPrunedIssue(t *testing.T) {
	c := newClub(t)
	c.join("ada@example.org", newsletter.Weekly)
	post := c.publish()
	first := c.send(post, false)
	d := c.claim(1)[0]
	c.intend(d)
	c.record(mailer.Entry{Key: d.Key, State: mailer.Failed, At: c.now, Reason: "refused"})
	later := c.send(post, false)
	c.deliver()
	run(t, c.Store, `UPDATE issue SET finished_at = 1 WHERE public_id = ?`, later)
	c.now = c.now.Add(year / 2)
	if n := c.prune(); n != 1 {
		t.Fatalf("pruned %d", n)
	}
	if n, err := c.RetryDeliveries(c.ctx, first, []mailer.DeliveryState{mailer.Failed}, c.now); n != 0 || err != nil {
		t.Errorf("%d are sent again, %v", n, err)
	}
}

func TestShrink(t *testing.T) {
	c := newClub(t)
	c.readers(2000)
	c.publish()
	c.cut(newsletter.Weekly)
	run(t, c.Store, `UPDATE delivery SET state = 'sent', open = 0, attempts = 1, due_at = NULL, reply = printf('%500s', 'ok')`)
	run(t, c.Store, `UPDATE issue SET state = 'finished', finished_at = 1`)
	n, done, err := c.Prune(c.ctx, c.now, 5000, c.now)
	if n != 2000 || done || err != nil {
		t.Fatalf("pruned %d, %v, %v", n, done, err)
	}
	total, free, err := c.Size(c.ctx)
	if err != nil || free < total/3 {
		t.Errorf("%d of %d octets are free, %v", free, total, err)
	}
	c.ok(c.Shrink(c.ctx))
	small, left, err := c.Size(c.ctx)
	info, statErr := os.Stat(c.Path())
	if err != nil || statErr != nil || left != 0 || small > total-free || info.Size() != small {
		t.Errorf("%d of %d octets are free, %v; the file has %d, %v", left, small, err, info.Size(), statErr)
	}
	locked(t, openStore(t, c.Path()), false)
	c.sound()
}
