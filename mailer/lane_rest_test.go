package mailer

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// board is where the runs of a test tell each other of domains.
type board struct {
	mu      sync.Mutex
	rests   map[string]DomainRest
	notes   int
	failing error
}

func (b *board) DomainRests(context.Context, time.Time) (all []DomainRest, _ error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, rest := range b.rests {
		all = append(all, rest)
	}
	return all, b.failing
}

func (b *board) NoteRests(_ context.Context, now time.Time, rests []DomainRest) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failing != nil {
		return b.failing
	}
	b.notes++
	for _, rest := range rests {
		switch known := b.rests[rest.Domain]; {
		case rest.Strikes > 0:
			b.rests[rest.Domain] = rest
		case !known.Until.After(now):
			delete(b.rests, rest.Domain)
		}
	}
	return nil
}

// What one process is told of a domain counts for all, and for those that begin later;
// once it is forgiven, nobody remembers. The ledger hears of it seldom.
func TestRestsAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 4000)
		m.domains(2)
		start := time.Now()
		var mu sync.Mutex
		refused, early := 0, 0
		c := &carrier{send: func(_ context.Context, to string, _ int) error {
			if strings.HasSuffix(to, "@d1.example") && time.Since(start) < 5*time.Minute {
				mu.Lock()
				defer mu.Unlock()
				refused++
				if time.Since(start) < minPause {
					early++
				}
				return refusal(atRcpt, 450, "4.7.1 too many messages")
			}
			return linger(context.Background(), time.Second)
		}}
		b := &board{rests: make(map[string]DomainRest)}
		const processes = 4
		var running sync.WaitGroup
		for i := range processes {
			running.Go(func() {
				time.Sleep(time.Duration(7*i) * time.Second)
				o := outboxOn(m, c)
				o.Rests, o.Connections = b, 1
				if err := o.Run(t.Context(), m.settled); err != nil {
					t.Error(err)
				}
			})
		}
		running.Wait()
		if m.count(Sent) != 4000 {
			t.Errorf("%d were sent", m.count(Sent))
		}
		// By one at the beginning, and by each a minute later and two after that.
		if early != 1 || refused < 3 || refused > 1+2*processes {
			t.Errorf("a domain that wanted nothing was tried %d times in a minute, %d in five, by %d processes", early, refused, processes)
		}
		if len(b.rests) != 0 || b.notes > 1+3*processes {
			t.Errorf("%d domains are remembered, after %d notes", len(b.rests), b.notes)
		}
	})
}

func TestLanesTellAndLearn(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	busy := refusal(atRcpt, 450, "4.7.1 slow down")
	one, other := newLanes(DomainLimits{}), newLanes(DomainLimits{})
	one.news, one.told = make(map[string]bool), make(chan struct{}, 1)
	for range 2 {
		one.enter(jobTo(1, "A.example"), now)
	}
	one.leave(jobTo(1, "A.example"), busy, now)
	one.leave(jobTo(1, "A.example"), nil, now) // was on its way
	news := one.tidings()
	if want := (DomainRest{"a.example", now.Add(minPause), 1}); len(one.told) != 1 || len(news) != 1 || news[0] != want {
		t.Fatalf("the news are %+v, want %+v", news, want)
	}
	one.retell(news)
	if again := one.tidings(); len(again) != 1 || again[0] != news[0] {
		t.Errorf("what could not be told is told as %+v", again)
	}
	other.learn(append(news,
		DomainRest{"ahead.example", now.AddDate(1, 0, 0), 3}, // by a clock that ran ahead
		DomainRest{"old.example", now.Add(-2 * MaxPause), 3}), now)
	for name, want := range map[string]admission{"a.example": postponed, "ahead.example": admitted, "old.example": admitted} {
		if got, _ := other.enter(jobTo(1, name), now); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
	other.learn([]DomainRest{{"a.example", now, 9}}, now)
	if d := other.byName["a.example"]; d.strikes != 1 || !d.rests(now) {
		t.Errorf("what is over ends a rest, or adds to it: %+v", d)
	}
	other.news = map[string]bool{"a.example": true} // and not told yet: what was told before is older
	other.learn([]DomainRest{{"a.example", now.Add(30 * time.Minute), 9}}, now)
	if d := other.byName["a.example"]; d.strikes != 1 {
		t.Errorf("what others say stands before our own news: %+v", d)
	}
	later := now.Add(minPause)
	one.enter(jobTo(1, "a.example"), later)
	one.leave(jobTo(1, "a.example"), nil, later)
	if news := one.tidings(); len(news) != 1 || news[0] != (DomainRest{Domain: "a.example"}) || len(one.byName) != 0 {
		t.Errorf("once forgiven the news are %+v", news)
	}
}

// A domain that is left alone by a clock that ran ahead is not so for a year.
func TestLaneRestsByNoFalseClock(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	ahead := now.AddDate(1, 0, 0)
	l := newLanes(DomainLimits{})
	l.enter(jobTo(1, "a.example"), ahead)
	l.leave(jobTo(1, "a.example"), refusal(atRcpt, 421, "4.7.0 slow down"), ahead)
	if verdict, _ := l.enter(jobTo(1, "a.example"), now); verdict != admitted {
		t.Errorf("it is %d", verdict)
	}
}

// Who cannot tell others, or ask them, does what it knows.
func TestRestsNeedNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 100)
		b := &board{failing: errors.New("no disk")}
		o := outboxOn(m, &carrier{})
		o.Rests = b
		if err := o.Run(t.Context(), m.settled); err != nil || m.count(Sent) != 100 {
			t.Errorf("%v, %d sent", err, m.count(Sent))
		}
	})
}

// The others hear of it long before this process renews its lease. What could not be
// told is told with the next.
func TestRestsAreToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 1)
		b := &board{rests: make(map[string]DomainRest)}
		o := outboxOn(m, &carrier{send: func(context.Context, string, int) error { return refusal(atRcpt, 450, "4.7.1 too much") }})
		o.Rests = b
		ended := make(chan error)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { ended <- o.Run(ctx, nil) }()
		time.Sleep(renewEvery / 2)
		b.mu.Lock()
		if _, told := b.rests["example.com"]; !told {
			t.Error("nobody was told")
		}
		clear(b.rests)
		b.failing = errors.New("no disk")
		b.mu.Unlock()
		m.mu.Lock()
		m.rows[0].due = time.Now()
		m.mu.Unlock()
		time.Sleep(minPause + renewEvery) // it is tried again, and refused again
		b.mu.Lock()
		b.failing = nil
		b.mu.Unlock()
		time.Sleep(renewEvery + time.Second)
		b.mu.Lock()
		if rest := b.rests["example.com"]; rest.Strikes != 2 {
			t.Errorf("what could not be told is %+v", rest)
		}
		b.mu.Unlock()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// slowBoard takes its time, or for ever.
type slowBoard struct {
	board
	takes time.Duration
}

func (b *slowBoard) NoteRests(ctx context.Context, now time.Time, rests []DomainRest) error {
	if err := linger(ctx, b.takes); err != nil {
		return err
	}
	return b.board.NoteRests(ctx, now, rests)
}

// What is learned while others are being told is told as well, also when that was the
// last of a run; and no board that hangs keeps a run from ending.
func TestRestsAreToldToTheEnd(t *testing.T) {
	for range 20 { // of two things that are ready one is chosen at random
		for _, takes := range []time.Duration{200 * time.Millisecond, time.Hour} {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory(t, 2)
				m.rows[0].To, m.rows[1].To = "a@a.example", "b@b.example"
				b := &slowBoard{board{rests: make(map[string]DomainRest)}, takes}
				o := outboxOn(m, &carrier{send: func(ctx context.Context, to string, _ int) error {
					if to == "b@b.example" {
						_ = linger(ctx, 100*time.Millisecond)
					}
					return refusal(atRcpt, 450, "4.7.1 too much")
				}})
				o.Rests = b
				start := time.Now()
				if err := o.Run(t.Context(), func(context.Context) (bool, error) { return m.count(Deferred) == 2, nil }); err != nil {
					t.Error(err)
				}
				if took := time.Since(start); took > 3*time.Second || takes < time.Second && len(b.rests) != 2 {
					t.Errorf("%d of 2 domains are noted after %v", len(b.rests), took)
				}
			})
		}
	}
}
