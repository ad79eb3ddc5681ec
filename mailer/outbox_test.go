package mailer

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"postrider/newsletter"
)

// linger takes as long as a server would, or until it is cut off.
func linger(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return &SendError{Fate: Unknown, Broken: true, Err: ctx.Err()}
	}
}

func TestOutboxSendsEverythingOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 500)
		m.latency = 100 * time.Millisecond // slower than the server: outcomes queue up
		c := &carrier{}
		c.send = func(ctx context.Context, to string, _ int) error {
			if m.count(Sending) > 4 {
				t.Error("more deliveries are on their way than there are connections")
			}
			return linger(ctx, 10*time.Millisecond)
		}
		o := outboxOn(m, c)
		var events []Event
		o.Progress = func(e Event) { events = append(events, e) }
		if err := o.Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		for _, r := range m.rows {
			if r.state != Sent || len(r.outcomes) != 1 || r.intents != 1 || c.took[string(r.To)] != 1 || r.outcomes[0].Reply != "250 fine" {
				t.Fatalf("%s: %s, %d intents, brought %d times, %+v", r.To, r.state, r.intents, c.took[string(r.To)], r.outcomes)
			}
		}
		if c.most < 2 || c.opened != 4 || c.closed != 4 {
			t.Errorf("%d at once on %d connections, %d closed; want 4", c.most, c.opened, c.closed)
		}
		if len(events) != 500 || events[0].Entry.State != Sent {
			t.Errorf("%d events, want 500", len(events))
		}
		// An outcome travels with the next intent, and those who come while one
		// transaction is written share the next: about 250, not 1,000.
		if m.records > 275 {
			t.Errorf("%d transactions for 500 messages", m.records)
		}
		if len(m.workers) != 0 {
			t.Error("it did not leave the ledger's workers")
		}
	})
}

func TestOutboxVerdicts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 3)
		m.gone[newsletter.ID(1)] = true
		c := &carrier{send: func(_ context.Context, to string, _ int) error {
			if to == "r0@example.com" {
				// Another process takes the third over before its turn.
				m.mu.Lock()
				m.rows[2].worker, m.rows[2].state = 99, Sent
				m.mu.Unlock()
			}
			return nil
		}}
		o := outboxOn(m, c)
		o.Connections = 1
		verdicts := make(map[int64]Verdict)
		o.Progress = func(e Event) { verdicts[e.Entry.Key.Recipient] = e.Verdict }
		if err := o.Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		if len(c.took) != 1 || m.rows[1].state != Suppressed || verdicts[0] != Recorded || verdicts[1] != Refused || verdicts[2] != Lost {
			t.Errorf("sent %v, verdicts %v", c.took, verdicts)
		}
	})
}

// What the transport says of a message, and what the ledger is told.
func TestOutboxOutcomes(t *testing.T) {
	refused := func(code int, text string) *SendError { return refusal(atRcpt, code, text) }
	cut := &SendError{Fate: Unknown, Broken: true, Err: errors.New("connection lost")}
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // when a bubble begins
	tests := []struct {
		name      string
		err       error
		hold      bool
		uncertain bool
		expires   time.Time
		want      Entry
		waits     bool // Due is set
	}{
		{name: "accepted", want: Entry{State: Sent, Reply: "250 fine"}},
		{name: "later", err: refused(451, "4.3.0 later"), want: Entry{State: Deferred, Reply: "451 4.3.0 later"}, waits: true},
		{name: "too late", err: refused(451, "4.3.0 later"), expires: start.Add(time.Minute),
			want: Entry{State: Failed, Reason: "expired", Reply: "451 4.3.0 later"}},
		{name: "too late to know", err: refused(451, "4.3.0 later"), uncertain: true, expires: start.Add(time.Minute),
			want: Entry{State: Uncertain, Reply: "451 4.3.0 later"}},
		{name: "refused", err: refused(554, "5.7.1 no"), want: Entry{State: Failed, Reason: "refused", Reply: "554 5.7.1 no"}},
		{name: "no mailbox", err: refused(550, "5.1.1 who"), want: Entry{State: Failed, Reason: "refused", Reply: "550 5.1.1 who", Suppress: true}},
		{name: "unknown", err: cut, want: Entry{State: Uncertain, Reply: "connection lost"}, waits: true},
		{name: "unknown, held", err: cut, hold: true, want: Entry{State: Uncertain, Reply: "connection lost"}},
		{name: "foreign error", err: errors.New("eh"), hold: true, want: Entry{State: Uncertain, Reply: "eh"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory(t, 1)
				m.rows[0].Expires, m.rows[0].Uncertain = tt.expires, tt.uncertain
				o := outboxOn(m, &carrier{send: func(context.Context, string, int) error { return tt.err }})
				o.Hold = tt.hold
				var got Entry
				o.Progress = func(e Event) { got = e.Entry }
				until := func(context.Context) (bool, error) { return m.count(Queued)+m.count(Sending) == 0, nil }
				if err := o.Run(t.Context(), until); err != nil {
					t.Fatal(err)
				}
				if waits := !got.Due.IsZero(); waits != tt.waits || waits && got.Due.Sub(got.At) < 10*time.Minute {
					t.Errorf("due %v after %v", got.Due, got.At)
				}
				got.At, got.Due, got.Key = time.Time{}, time.Time{}, Key{}
				if got != tt.want {
					t.Errorf("got %+v, want %+v", got, tt.want)
				}
			})
		})
	}
}

// While the relay is out of reach nothing counts as tried and nothing is kept
// from other machines; when it is back all goes out.
func TestOutboxTransportDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 100)
		back := time.Now().Add(10 * time.Minute)
		dials := 0
		var mu sync.Mutex
		c := &carrier{open: func() error {
			mu.Lock()
			defer mu.Unlock()
			dials++
			if time.Now().Before(back) {
				return errors.New("connection refused")
			}
			return nil
		}}
		go func() {
			time.Sleep(10*time.Minute - 40*time.Second) // all couriers rest
			if n := m.claimed(); n != 0 {
				t.Errorf("%d deliveries are kept while the transport is down", n)
			}
		}()
		if err := outboxOn(m, c).Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		for _, r := range m.rows {
			if r.state != Sent || r.intents != 1 || len(r.outcomes) != 1 {
				t.Fatalf("%s: %s after %d intents", r.To, r.state, r.intents)
			}
		}
		if dials > 4*20 {
			t.Errorf("%d dials in ten minutes on 4 connections: it does not back off", dials)
		}
	})
}

func TestOutboxPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 10)
		refused := errors.New("it refuses the login")
		o := outboxOn(m, &carrier{open: func() error { return refused }})
		o.Patience = 20 * time.Second
		start := time.Now()
		if err := o.Run(t.Context(), m.settled); !errors.Is(err, refused) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took < o.Patience || took > 2*o.Patience {
			t.Errorf("it gave up after %v", took)
		}
		if m.count(Queued) != 10 || m.claimed() != 0 {
			t.Errorf("%d queued, %d claimed", m.count(Queued), m.claimed())
		}
	})
}

// A server that allows fewer connections than configured slows nobody down
// but those who have none.
func TestOutboxFewerConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 100)
		c := &carrier{send: func(ctx context.Context, _ string, _ int) error { return linger(ctx, time.Second) }}
		c.open = func() error {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.opened-c.closed >= 2 {
				return errors.New("421 too many connections")
			}
			return nil
		}
		start := time.Now()
		if err := outboxOn(m, c).Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		if m.count(Sent) != 100 || time.Since(start) > 55*time.Second {
			t.Errorf("%d sent in %v", m.count(Sent), time.Since(start))
		}
	})
}

func TestOutboxStop(t *testing.T) {
	tests := []struct {
		name string
		took time.Duration
		want DeliveryState
	}{
		{"in flight ends in time", 3 * time.Second, Sent},
		{"in flight is cut", time.Hour, Uncertain},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory(t, 100)
				c := &carrier{send: func(ctx context.Context, _ string, _ int) error { return linger(ctx, tt.took) }}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				start := time.Now()
				if err := outboxOn(m, c).Run(ctx, nil); err != nil {
					t.Fatal(err)
				}
				if m.count(tt.want) != 4 || m.count(Queued) != 96 || m.claimed() != 0 || len(m.workers) != 0 {
					t.Errorf("%d %s, %d queued, %d claimed", m.count(tt.want), tt.want, m.count(Queued), m.claimed())
				}
				if took := time.Since(start); took > 6*time.Second {
					t.Errorf("it took %v to end", took)
				}
				if c.closed != 4 {
					t.Errorf("%d connections closed, want 4", c.closed)
				}
			})
		})
	}
}

// What is cut before the dot is due again at once: it was no failure of theirs.
func TestOutboxCutBeforeDot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 1)
		c := &carrier{send: func(ctx context.Context, _ string, _ int) error {
			<-ctx.Done()
			return &SendError{Fate: Retry, Broken: true, Err: ctx.Err()}
		}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := outboxOn(m, c).Run(ctx, nil); err != nil {
			t.Fatal(err)
		}
		if r := m.rows[0]; r.state != Deferred || r.due.After(time.Now()) {
			t.Errorf("%s, due in %v", r.state, time.Until(r.due))
		}
	})
}
