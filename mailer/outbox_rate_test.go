package mailer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// The memory tells its workers of each other, as a ledger does.

func (m *memory) Workers(_ context.Context, worker int64, now time.Time) (n, before int, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.workers[worker].Before(now) {
		return 0, 0, nil
	}
	for w, lease := range m.workers {
		if !lease.Before(now) {
			n++
			if w < worker {
				before++
			}
		}
	}
	return n, before, nil
}

func (m *memory) SentSince(_ context.Context, worker int64, since, now time.Time, limit int) ([]time.Time, error) {
	return m.sentTo("", worker, since, now, limit), nil
}

func (m *memory) SentToDomains(_ context.Context, worker int64, since, now time.Time, limit int) (map[string][]time.Time, error) {
	all := make(map[string][]time.Time)
	for _, r := range m.rows {
		name := domain(job{Delivery: Delivery{To: r.To}})
		all[name] = m.sentTo("@"+name, worker, since, now, limit)
	}
	return all, nil
}

func (m *memory) sentTo(suffix string, worker int64, since, now time.Time, limit int) (sent []time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rows {
		switch {
		case !strings.HasSuffix(string(r.To), suffix):
		case r.state == Sending && r.worker != worker:
			sent = append(sent, now)
		case r.state == Sent && r.outcomes[len(r.outcomes)-1].At.After(since):
			sent = append(sent, r.outcomes[len(r.outcomes)-1].At.Truncate(time.Millisecond))
		}
	}
	slices.SortFunc(sent, time.Time.Compare)
	return sent[max(len(sent)-limit, 0):]
}

// idle is an until that ends a run when nothing can be sent now, unless the rate of a
// domain alone keeps it back.
func (m *memory) idle(context.Context) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rows {
		waits := r.due.After(time.Now()) && !r.paced
		if r.state.Open() && !waits {
			return false, nil
		}
	}
	return true, nil
}

// A run that ends when nothing can be sent waits for the rates of domains, and for
// nothing else.
func TestRatesOfDomainsEndNoRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 60)
		m.domains(3)
		o := outboxOn(m, &carrier{send: func(_ context.Context, to string, _ int) error {
			switch to {
			case "r0@d0.example":
				return refusal(atRcpt, 450, "4.2.0 come again")
			case "r1@d1.example":
				return refusal(atRcpt, 450, "4.7.1 too many messages")
			}
			return nil
		}})
		o.Domains = DomainLimits{Rate: Rate{4, 5 * time.Second}}
		start := time.Now()
		if err := o.Run(t.Context(), m.idle); err != nil {
			t.Fatal(err)
		}
		if n := m.count(Sent); n < 39 || n > 39+3 || m.count(Deferred) != 2 {
			t.Errorf("%d were sent and %d deferred; want all that need no retry", n, m.count(Deferred))
		}
		if took := time.Since(start); took > 40*time.Second {
			t.Errorf("it ended after %v, and should not wait for a retry", took)
		}
	})
}

// crowd is a ledger with a number of workers that say nothing.
type crowd struct {
	*memory
	n, before int
}

func (c *crowd) Workers(context.Context, int64, time.Time) (n, before int, _ error) {
	return c.n, c.before, nil
}

func TestOutboxKeepsItsRate(t *testing.T) {
	for workers, want := range map[int]int{1: 20, 4: 5} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory(t, 100)
			d := &diary{at: make(map[string][]time.Time)}
			o := outboxOn(m, &carrier{send: func(_ context.Context, to string, _ int) error { d.note(to); return nil }})
			o.Rate = Rate{20, time.Minute}
			o.Peers = &crowd{m, workers, workers - 1}
			start := time.Now()
			if err := o.Run(t.Context(), m.settled); err != nil {
				t.Fatal(err)
			}
			if m.count(Sent) != 100 || d.most("", time.Minute) != want {
				t.Errorf("%d sent, at most %d a minute, want %d", m.count(Sent), d.most("", time.Minute), want)
			}
			if took := time.Since(start); took > time.Duration(100/want)*time.Minute {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// stint is when a process of a test begins to work and for how long; 0: to the end.
type stint struct{ begins, lasts time.Duration }

// No span holds more than allowed where the messages arrive, for the whole and for each
// domain, whenever processes begin and end and however long a relay takes.
func TestRatesHoldOverProcesses(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	for name, tt := range map[string]struct {
		rate, each int // per 10 s
		stints     []stint
	}{
		"alone":                  {30, 4, []stint{{}}},
		"two at once":            {30, 4, []stint{{}, {}}},
		"three at once":          {30, 7, []stint{{}, {}, {}}},
		"one after the other":    {30, 5, []stint{{}, {1700 * ms, 0}, {11 * s, 0}}},
		"one leaves":             {30, 5, []stint{{0, 12 * s}, {}, {0, 25 * s}}},
		"it is started anew":     {30, 4, []stint{{0, 4 * s}, {5 * s, 3 * s}, {8 * s, 7 * s}, {15 * s, 0}}},
		"they come and go":       {30, 6, []stint{{}, {s, 6 * s}, {7 * s, 6 * s}, {13 * s, 6 * s}, {13 * s, 9 * s}, {19 * s, 9 * s}}},
		"more than there is":     {2, 1, []stint{{}, {}, {2 * s, 0}, {5 * s, 300 * s}}},
		"the whole alone":        {30, 0, []stint{{}, {3 * s, 0}}},
		"domains alone":          {0, 5, []stint{{}, {3 * s, 9 * s}, {4 * s, 0}}},
		"the first of many ends": {9, 5, []stint{{0, 9 * s}, {}, {}, {}}},
		"while one dials":        {6, 3, []stint{{}, {100 * ms, 0}}},
		"before one counts":      {30, 5, []stint{{}, {100 * ms, 0}}},
	} {
		for _, takes := range []struct{ open, send time.Duration }{{0, 10 * ms}, {500 * ms, 10 * ms}, {8 * s, 2 * s}} {
			t.Run(fmt.Sprintf("%s, %v to open and %v to send", name, takes.open, takes.send), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := newMemory(t, 4*max(tt.rate, 5*tt.each))
					m.domains(5)
					w := &watch{diary: diary{at: make(map[string][]time.Time)}, open: takes.open, send: takes.send}
					w.work(t, m, Rate{tt.rate, 10 * s}, Rate{tt.each, 10 * s}, tt.stints)
					w.within(t, 10*s, tt.rate, tt.each)
					if m.count(Sent) != len(m.rows) || len(w.at[""]) != len(m.rows) {
						t.Errorf("%d were sent, %d arrived, of %d", m.count(Sent), len(w.at[""]), len(m.rows))
					}
				})
			})
		}
	}
}

// watch is a relay that takes about so long, and notes when messages arrived.
type watch struct {
	diary
	open, send time.Duration
}

func (w *watch) linger(most time.Duration) {
	if most > 0 {
		time.Sleep(most/2 + rand.N(most/2))
	}
}

// work has processes send what is in a memory.
func (w *watch) work(t *testing.T, m *memory, whole, each Rate, stints []stint) {
	c := &carrier{
		open: func() error { w.linger(w.open); return nil },
		send: func(_ context.Context, to string, _ int) error {
			w.linger(w.send / 2)
			w.note(to)
			w.linger(w.send / 2)
			return nil
		}}
	var running sync.WaitGroup
	for _, p := range stints {
		running.Go(func() {
			time.Sleep(p.begins)
			o := outboxOn(m, c)
			o.Peers, o.Rate, o.Domains.Rate, o.Connections = m, whole, each, 8
			ctx, cancel := context.WithTimeout(t.Context(), cmp.Or(p.lasts, time.Hour))
			defer cancel()
			if err := o.Run(ctx, m.settled); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
}

// within checks how many arrived in any span.
func (w *watch) within(t *testing.T, span time.Duration, whole, each int) {
	for name := range w.at {
		allowed := each
		if name == "" {
			allowed = whole
		}
		if n := w.most(name, span); allowed > 0 && n > allowed {
			t.Errorf("%d went to %q within %v, of %d", n, name, span, allowed)
		}
	}
}

// Who cannot count the others sends nothing at a rate until it can: they may be more.
func TestRatesWaitForACount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 300)
		d := &diary{at: make(map[string][]time.Time)}
		o := outboxOn(m, &carrier{send: func(ctx context.Context, to string, _ int) error {
			d.note(to)
			return linger(ctx, 100*time.Millisecond)
		}})
		o.Rate, o.Peers = Rate{1000, time.Second}, &absent{m, time.Now()}
		start := time.Now()
		if err := o.Run(t.Context(), m.settled); err != nil || m.count(Sent) != 300 {
			t.Fatalf("%v, %d were sent", err, m.count(Sent))
		}
		for _, at := range d.at[""] {
			if since := at.Sub(start); since > countHolds && since < 30*time.Second {
				t.Errorf("one was sent after %v", since)
			}
		}
	})
}

// absent is a ledger that tells of its workers once, and then not for half a minute.
type absent struct {
	*memory
	began time.Time
}

func (a *absent) Workers(ctx context.Context, worker int64, now time.Time) (n, before int, _ error) {
	if lasted := time.Since(a.began); lasted > 0 && lasted < 30*time.Second {
		return 0, 0, errors.New("disk error")
	}
	return a.memory.Workers(ctx, worker, now)
}
