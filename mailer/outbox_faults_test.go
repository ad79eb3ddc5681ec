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

// A run that gives up does not wait for a server that hangs, any more than one that is
// told to end.
func TestOutboxGivesUpOnAServerThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 20)
		c := &carrier{send: func(ctx context.Context, _ string, _ int) error { return linger(ctx, time.Hour) }}
		c.open = func() error {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.opened > 1 {
				return errors.New("421 too many connections")
			}
			return nil
		}
		o := outboxOn(m, c)
		o.Patience = 20 * time.Second
		start := time.Now()
		if err := o.Run(t.Context(), m.settled); err == nil {
			t.Error("it does not say why it ends")
		}
		if took := time.Since(start); took > 2*o.Patience+5*time.Second {
			t.Errorf("it ended after %v", took)
		}
	})
}
