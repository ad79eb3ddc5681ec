package mailer

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
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

// A connection that died while nobody looked costs a message nothing.
func TestOutboxStaleConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 20)
		o := outboxOn(m, &carrier{send: func(_ context.Context, _ string, nth int) error {
			if nth > 3 {
				return refusal(atMail, 421, "4.7.0 too many messages")
			}
			return nil
		}})
		start := time.Now()
		if err := o.Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		for _, r := range m.rows {
			if r.intents != 1 || len(r.outcomes) != 1 {
				t.Errorf("%s: %d intents, outcomes %v", r.To, r.intents, r.outcomes)
			}
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}

// A disk that is full must not run through the whole list in seconds, moving
// every delivery to its next retry.
func TestOutboxBrokenTransportBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 1000)
		o := outboxOn(m, &carrier{send: func(context.Context, string, int) error {
			return &SendError{Fate: Retry, Broken: true, Err: errors.New("disk full")}
		}})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		if err := o.Run(ctx, nil); err != nil {
			t.Fatal(err)
		}
		if n := m.count(Deferred); n > 4*20 {
			t.Errorf("%d deliveries were tried in ten minutes", n)
		}
	})
}

func TestOutboxFillFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 2)
		c := &carrier{}
		o := outboxOn(m, c)
		fill, whole := o.Fill, time.Now().Add(10*time.Minute)
		o.Fill = func(ctx context.Context, dst []byte, d Delivery) ([]byte, Envelope, error) {
			if d.Key.Recipient == 0 && time.Now().Before(whole) {
				return nil, Envelope{}, errors.New("no such mould")
			}
			return fill(ctx, dst, d)
		}
		if err := o.Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		r := m.rows[0]
		if len(r.outcomes) != 2 || r.outcomes[0].State != Deferred || !strings.Contains(r.outcomes[0].Reply, "no such mould") || r.intents != 1 {
			t.Errorf("%d intents, outcomes %+v", r.intents, r.outcomes)
		}
	})
}

func TestOutboxIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 1)
		m.rows[0].due = time.Now().Add(90 * time.Second)
		m.rows = append(m.rows, newMemory(t, 2).rows[1])
		c := &carrier{}
		go func() {
			time.Sleep(time.Minute)
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.opened != 1 || c.closed != 1 {
				t.Errorf("%d connections opened and %d closed after a minute, want the one that was used closed", c.opened, c.closed)
			}
		}()
		if err := outboxOn(m, c).Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		if m.renewed < 17 || m.renewed > 19 {
			t.Errorf("the lease was renewed %d times in 90 s, want every 5 s", m.renewed)
		}
	})
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

func TestOutboxUntilFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, want := newMemory(t, 0), errors.New("database is gone")
		err := outboxOn(m, &carrier{}).Run(t.Context(), func(context.Context) (bool, error) { return false, want })
		if !errors.Is(err, want) {
			t.Errorf("got %v", err)
		}
	})
}

// Two outboxes, one ledger, and a transport that fails in every way at random:
// every delivery ends, none is lost, and none is sent twice unless its first
// time was uncertain.
func TestOutboxRandomFaults(t *testing.T) {
	for seed := range uint64(12) {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			random := rand.New(rand.NewPCG(seed, 1))
			roll := func(n int) int {
				mu.Lock()
				defer mu.Unlock()
				return random.IntN(n)
			}
			m := newMemory(t, 120)
			m.latency = time.Millisecond
			m.fail = func() error {
				if roll(20) == 0 {
					return errors.New("database is locked")
				}
				return nil
			}
			taken, doubtful := make(map[string]int), make(map[string]int)
			c := &carrier{open: func() error {
				if roll(5) == 0 {
					return errors.New("connection refused")
				}
				return nil
			}}
			c.send = func(ctx context.Context, to string, _ int) error {
				time.Sleep(time.Duration(roll(300)) * time.Millisecond)
				what := roll(10)
				mu.Lock()
				defer mu.Unlock()
				switch what {
				case 0:
					return refusal(atRcpt, 451, "4.3.0 later")
				case 1:
					return refusal(atMail, 421, "4.3.2 bye")
				case 2:
					return &SendError{Fate: Retry, Broken: true, Err: errors.New("reset")}
				case 3:
					doubtful[to]++
					return &SendError{Fate: Unknown, Broken: true, Err: errors.New("reset")}
				case 4:
					doubtful[to]++
					taken[to]++
					return &SendError{Fate: Unknown, Broken: true, Err: errors.New("reset")}
				}
				taken[to]++
				return nil
			}
			var both sync.WaitGroup
			for range 2 {
				both.Go(func() {
					o := outboxOn(m, c)
					o.Poll = time.Minute // hours of retries pass
					if err := o.Run(t.Context(), m.settled); err != nil {
						t.Error(err)
					}
				})
			}
			both.Wait()
			for _, r := range m.rows {
				to := string(r.To)
				if r.state != Sent || taken[to] < 1 || taken[to] > 1+doubtful[to] {
					t.Errorf("seed %d, %s: %s, taken %d times, %d doubtful", seed, to, r.state, taken[to], doubtful[to])
				}
			}
		})
	}
}
