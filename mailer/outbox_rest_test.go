package mailer

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// watched is a ledger that lets a test look on while a worker is struck off.
type watched struct {
	*memory
	release func()
}

func (w *watched) Release(ctx context.Context, worker int64) error {
	w.release()
	return w.memory.Release(ctx, worker)
}

// resting is a run with one claim and one courier, which waits to try again a
// transport that is away.
func resting(t *testing.T, release func()) (*run, *courier) {
	m := newMemory(t, 1)
	o := outboxOn(m, &carrier{})
	o.Queue, o.Connections = &watched{m, release}, 1
	r, err := o.newRun(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := (&dispatcher{run: r, n: 1, batch: 1}); d.claim() != 0 || r.held.Load() != 1 {
		t.Fatal("nothing was claimed")
	}
	r.stopped() // every rest ends at once
	c := newCourier(r)
	c.failures = 1
	return r, c
}

// A renewal of the lease may keep the dispatcher waiting when it wants to give back
// its claims. A courier that is at work again by then has begun with one of them.
func TestClaimsStayWithACourierAtWork(t *testing.T) {
	r, c := resting(t, func() { t.Error("the worker was struck off") })
	r.resting.Store(1)
	r.member.mu.Lock() // a renewal is under way
	given := make(chan error)
	go func() { given <- r.giveBack() }()
	r.resting.Store(0)
	c.rest()
	r.member.mu.Unlock()
	if err := <-given; err != nil || len(r.jobs) != 1 {
		t.Errorf("gave back: %v; %d claims are left, want 1", err, len(r.jobs))
	}
}

// While claims are given back nobody begins.
func TestNobodyBeginsWhileClaimsAreGivenBack(t *testing.T) {
	struck, rested := make(chan struct{}), make(chan struct{})
	r, c := resting(t, func() {
		close(struck)
		for range 1000 {
			runtime.Gosched()
			select {
			case <-rested:
				t.Error("a courier went to work")
				return
			default:
			}
		}
	})
	go func() {
		defer close(rested)
		<-struck
		r.resting.Store(0) // rest adds this courier again
		c.rest()
	}()
	r.resting.Store(1)
	if err := r.giveBack(); err != nil || len(r.jobs) != 0 {
		t.Errorf("gave back: %v; %d claims are left, want none", err, len(r.jobs))
	}
	<-rested
}

// Claims that the ledger would not take back, because its disk was full at that moment,
// are brought all the same once the transport is there again.
func TestClaimsThatCannotBeGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var refused atomic.Bool
		m := newMemory(t, 100)
		m.keeping = func() error {
			if refused.CompareAndSwap(false, true) {
				return errors.New("disk full")
			}
			return nil
		}
		o := outboxOn(m, &carrier{open: func() error {
			if !refused.Load() {
				return syscall.ECONNREFUSED
			}
			return nil
		}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := o.Run(ctx, m.settled); err != nil {
			t.Fatal(err)
		}
		if n := m.count(Sent); n != 100 || !refused.Load() || m.claimed() != 0 {
			t.Errorf("%d were sent, %d are held; refused: %t", n, m.claimed(), refused.Load())
		}
	})
}

// A ledger that takes nothing back for long is asked seldom, and told of seldom.
func TestClaimsThatAreNotTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		back := time.Now().Add(time.Hour)
		away := func() bool { return time.Now().Before(back) }
		asked := 0
		m := newMemory(t, 100)
		m.keeping = func() error {
			if away() {
				asked++
				return errors.New("disk full")
			}
			return nil
		}
		o := outboxOn(m, &carrier{open: func() error {
			if away() {
				return syscall.ECONNREFUSED
			}
			return nil
		}})
		var said bytes.Buffer
		o.Log = slog.New(slog.NewTextHandler(&said, nil))
		if err := o.Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		lines := strings.Count(said.String(), "disk full")
		if m.count(Sent) != 100 || asked == 0 || asked > 3600/5 || lines == 0 || lines > 61 {
			t.Errorf("%d were sent; it was asked %d times and told of %d times in an hour", m.count(Sent), asked, lines)
		}
	})
}

// A relay that restarts finds connections dead that it knew: what was to go over them
// goes out as soon as it is there again.
func TestRestartCostsNoMessageItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		away := func() bool { at := time.Since(start); return at > 2*time.Second && at < 12*time.Second }
		c := &carrier{open: func() error {
			if away() {
				return syscall.ECONNREFUSED
			}
			return nil
		}, send: func(ctx context.Context, _ string, _ int) error {
			if away() {
				return &SendError{Fate: Retry, Broken: true, Err: syscall.ECONNRESET}
			}
			return linger(ctx, 100*time.Millisecond)
		}}
		m := newMemory(t, 400)
		o := outboxOn(m, c)
		o.Connections = 8
		if err := o.Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); m.count(Sent) != 400 || took > time.Minute {
			t.Errorf("%d were sent, in %v", m.count(Sent), took)
		}
	})
}
