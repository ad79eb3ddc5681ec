package mailer

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestOutboxLedgerFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 40)
		from, to := time.Now().Add(time.Second), time.Now().Add(time.Minute)
		locked := func() bool { return time.Now().After(from) && time.Now().Before(to) }
		m.fail = func() error {
			if locked() {
				return errors.New("database is locked")
			}
			return nil
		}
		c := &carrier{send: func(ctx context.Context, _ string, _ int) error {
			if locked() {
				t.Error("a message is sent while the ledger cannot be written")
			}
			return linger(ctx, 300*time.Millisecond)
		}}
		if err := outboxOn(m, c).Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		for _, r := range m.rows {
			if c.took[string(r.To)] != 1 {
				t.Errorf("%s was sent %d times", r.To, c.took[string(r.To)])
			}
		}
	})
}

// A 250 that cannot be recorded before the end is the one thing Run must
// complain about, after it has tried for a while.
func TestOutboxLedgerFailsForEver(t *testing.T) {
	for name, heals := range map[string]time.Duration{"never heals": time.Hour, "heals in time": 5 * time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory(t, 1)
				c := &carrier{send: func(ctx context.Context, _ string, _ int) error {
					broken := time.Now().Add(heals)
					m.mu.Lock()
					m.fail = func() error {
						if time.Now().Before(broken) {
							return errors.New("disk full")
						}
						return nil
					}
					m.mu.Unlock()
					return nil
				}}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				start := time.Now()
				err := outboxOn(m, c).Run(ctx, nil)
				if heals > settleTimeout {
					if err == nil || !strings.Contains(err.Error(), "r0@example.com") || !strings.Contains(err.Error(), "disk full") {
						t.Errorf("got %v", err)
					}
				} else if err != nil || m.count(Sent) != 1 {
					t.Errorf("%v, %s", err, m.rows[0].state)
				}
				if took := time.Since(start); took > 30*time.Second {
					t.Errorf("it took %v to end", took)
				}
			})
		})
	}
}

// Nor does it wait for room for ever, where it has been told for how long.
func TestOutboxLedgerPatience(t *testing.T) {
	for _, when := range []string{"claims", "records"} {
		t.Run(when, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory(t, 10)
				full := errors.New("disk full")
				fail := func() error { return full }
				if when == "claims" {
					m.failing = fail
				} else {
					m.fail = fail
				}
				o := outboxOn(m, &carrier{})
				o.Patience = 20 * time.Second
				start := time.Now()
				if err := o.Run(t.Context(), m.settled); !errors.Is(err, full) {
					t.Errorf("got %v", err)
				}
				if took := time.Since(start); took < o.Patience || took > 2*o.Patience {
					t.Errorf("it gave up after %v", took)
				}
				if m.count(Queued) != 10 {
					t.Errorf("%d queued", m.count(Queued))
				}
			})
		})
	}
}

// A computer that slept longer than its lease finds itself struck off, and
// enlists again.
func TestOutboxEnlistsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 100)
		c := &carrier{send: func(ctx context.Context, _ string, _ int) error { return linger(ctx, time.Second) }}
		go func() {
			time.Sleep(2500 * time.Millisecond)
			m.mu.Lock()
			defer m.mu.Unlock()
			m.strike(1, time.Now())
		}()
		if err := outboxOn(m, c).Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		for _, r := range m.rows {
			if n := c.took[string(r.To)]; r.state != Sent || n > 1 && !r.Uncertain {
				t.Errorf("%s: %s, sent %d times", r.To, r.state, n)
			}
		}
	})
}

// A ledger that hangs while the run wants to enlist again keeps neither others from
// sending what is claimed nor the run from its end.
func TestOutboxEndsOnALedgerThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 100)
		c := &carrier{send: func(ctx context.Context, _ string, _ int) error { return linger(ctx, time.Second) }}
		o := outboxOn(m, c)
		o.Queue = &hanging{memory: m}
		o.Peers = &hangingPeers{}
		o.Rests = &slowBoard{takes: time.Hour}
		start, enough := time.Now(), 40*time.Second
		err := o.Run(t.Context(), func(context.Context) (bool, error) { return time.Since(start) >= enough, nil })
		if err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > enough+settleTimeout {
			t.Errorf("it ended after %v", took)
		}
		if n := m.count(Sent); n != 100 {
			t.Errorf("%d were sent", n)
		}
	})
}

// hanging is a ledger that strikes the run off at its second renewal, and then does
// not answer.
type hanging struct {
	*memory
	renewals int
}

func (h *hanging) Renew(ctx context.Context, worker int64, now, lease time.Time, alive func(Process) bool) error {
	if h.renewals++; h.renewals > 1 {
		return ErrStruckOff
	}
	return h.memory.Renew(ctx, worker, now, lease, alive)
}

func (h *hanging) Enlist(ctx context.Context, p Process, lease time.Time) (int64, error) {
	if h.renewals > 0 {
		return 0, linger(ctx, time.Hour)
	}
	return h.memory.Enlist(ctx, p, lease)
}

// hangingPeers do not answer.
type hangingPeers struct{ Peers }

func (*hangingPeers) Workers(ctx context.Context, _ int64, _ time.Time) (n, before int, err error) {
	return 0, 0, linger(ctx, time.Hour)
}

// What a process that is gone held is taken back before anything else.
func TestOutboxTakesBackAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, start := newMemory(t, 8), time.Now()
		m.workers[100] = start.Add(-time.Second)
		for i, r := range m.rows {
			r.worker = 100
			if i == 0 {
				r.state = Sending
			}
		}
		if err := outboxOn(m, &carrier{}).Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took >= renewEvery {
			t.Errorf("it took %v", took)
		}
	})
}
