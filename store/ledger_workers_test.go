package store

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// A worker that is taken for dead loses what it holds: what it was sending is
// uncertain, the rest is free. If it says after all that a message was sent, it
// is believed, unless another is sending it.
func TestDeadWorker(t *testing.T) {
	nobody := func(mailer.Process) bool { return false }
	everybody := func(mailer.Process) bool { return true }
	for _, test := range []struct {
		name  string
		later time.Duration
		alive func(mailer.Process) bool
		takes bool
	}{
		{"its process is gone", 0, nobody, true},
		{"its lease has run out", 2 * time.Hour, everybody, true},
		{"it lives", 0, everybody, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newClub(t)
			issue, d := c.one()
			c.intend(d)
			dead := c.worker
			c.worker = c.enlist(c.Store)
			c.ok(c.Renew(c.ctx, c.worker, c.now, c.now.Add(time.Hour), everybody))
			for range 4 {
				c.now = c.now.Add(test.later / 4)
				c.ok(c.Renew(c.ctx, c.worker, c.now, c.now.Add(time.Hour), test.alive))
			}
			if err := c.Renew(c.ctx, dead, c.now, c.now.Add(time.Hour), everybody); errors.Is(err, ErrLeaseLost) != test.takes {
				t.Errorf("the other renews: %v", err)
			}
			if row := c.row(issue); (row.State == mailer.Uncertain) != test.takes {
				t.Fatalf("the row is %+v", row)
			}
			c.sound()
			if !test.takes {
				return
			}
			sent := []mailer.Entry{{Key: d.Key, State: mailer.Sent, At: c.now, Reply: "250 late"}}
			again := c.claim(1)
			if len(again) != 1 || !again[0].Uncertain || again[0].Attempt != 2 {
				t.Fatalf("claimed again: %+v", again)
			}
			if v, err := c.Record(c.ctx, dead, sent); err != nil || v[0] != mailer.Recorded {
				t.Errorf("the late 250: %v, %v", v, err)
			}
			if v := c.intend(again[0]); v != mailer.Lost {
				t.Errorf("then another sends it too: %v", v)
			}
			if row := c.row(issue); row.State != mailer.Sent || row.Reply != "250 late" {
				t.Errorf("the row is %+v", row)
			}
			c.sound()
		})
	}
}

func TestLateWordWhileAnotherIsSending(t *testing.T) {
	c := newClub(t)
	issue, d := c.one()
	c.intend(d)
	dead := c.worker
	c.worker = c.enlist(c.Store)
	c.ok(c.Renew(c.ctx, c.worker, c.now, c.now.Add(time.Hour), func(mailer.Process) bool { return false }))
	again := c.claim(1)
	c.intend(again[0])
	for _, state := range []mailer.DeliveryState{mailer.Sent, mailer.Failed, mailer.Deferred, mailer.Uncertain} {
		v, err := c.Record(c.ctx, dead, []mailer.Entry{{Key: d.Key, State: state, At: c.now}})
		if err != nil || v[0] != mailer.Lost {
			t.Errorf("%s: %v, %v, want Lost", state, v, err)
		}
	}
	if row := c.row(issue); row.State != mailer.Sending {
		t.Errorf("the row is %+v", row)
	}
}

func TestHoldUncertain(t *testing.T) {
	c := newClub(t)
	c.options.HoldUncertain = true
	issue, d := c.one()
	c.intend(d)
	c.ok(c.Release(c.ctx, c.worker))
	c.worker = c.enlist(c.Store)
	if held := c.claim(1); len(held) != 0 {
		t.Errorf("claimed %+v, which is held", held)
	}
	n, err := c.RetryDeliveries(c.ctx, issue, []mailer.DeliveryState{mailer.Uncertain}, c.now)
	if err != nil || n != 1 {
		t.Fatalf("retried %d, %v", n, err)
	}
	if again := c.claim(1); len(again) != 1 || !again[0].Uncertain {
		t.Errorf("then %+v", again)
	}
}

// Two processes on one file never hold the same delivery.
func TestTwoProcessesClaim(t *testing.T) {
	c := newClub(t)
	c.readers(400)
	c.publish()
	c.cut(newsletter.Weekly)
	other := openStore(t, c.Path())
	held := make(map[mailer.Key]int)
	var mu sync.Mutex
	var wait sync.WaitGroup
	for _, s := range []*Store{c.Store, other} {
		worker := c.enlist(s)
		wait.Go(func() {
			for {
				got, err := s.Claim(context.Background(), worker, c.now, 7)
				if err != nil {
					t.Error(err)
				}
				if len(got) == 0 {
					return
				}
				mu.Lock()
				for _, d := range got {
					held[d.Key]++
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if len(held) != 400 {
		t.Errorf("%d deliveries were claimed, want 400", len(held))
	}
	for key, n := range held {
		if n != 1 {
			t.Errorf("%+v was claimed %d times", key, n)
		}
	}
	c.sound()
}

// The store is what the outbox works with.
var (
	_ mailer.Queue  = (*Store)(nil)
	_ mailer.Ledger = (*Store)(nil)
	_ mailer.Peers  = (*Store)(nil)
)

func TestAbandoned(t *testing.T) {
	c := newClub(t)
	_, d := c.one()
	c.intend(d)
	if n, _, err := c.Abandoned(c.ctx, c.now); n != 0 || err != nil {
		t.Errorf("under a lease that holds: %d, %v", n, err)
	}
	if n, since, err := c.Abandoned(c.ctx, c.now.Add(2*time.Hour)); n != 1 || !since.Equal(c.now.Add(time.Hour)) || err != nil {
		t.Errorf("after it %d since %s, %v", n, since, err)
	}
	c.ok(c.Release(c.ctx, c.worker))
	if n, _, err := c.Abandoned(c.ctx, c.now.Add(2*time.Hour)); n != 0 || err != nil {
		t.Errorf("given back: %d, %v", n, err)
	}
}
