package mailer

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A run goes on while somebody counts whether it is over: that may take as long as it
// likes, and things may change meanwhile.
func TestOutboxDoesNotWaitForTheCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 5000)
		o := outboxOn(m, &carrier{send: func(context.Context, string, int) error {
			time.Sleep(10 * time.Millisecond)
			return nil
		}})
		o.Connections = 1
		start, counts := time.Now(), 0
		err := o.Run(t.Context(), func(ctx context.Context) (bool, error) {
			counts++
			over, err := m.settled(ctx) // as it is when the count begins
			time.Sleep(20 * time.Second)
			return over, err
		})
		if err != nil || m.count(Sent) != 5000 {
			t.Errorf("%v, %d sent", err, m.count(Sent))
		}
		if took := time.Since(start); took > 50*time.Second+2*20*time.Second || counts < 3 {
			t.Errorf("it took %v and %d counts", took, counts)
		}
	})
}

// What ends while a count is under way is counted at once, not at the next poll.
func TestOutboxCountsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 10)
		o := outboxOn(m, &carrier{send: func(context.Context, string, int) error {
			time.Sleep(100 * time.Millisecond)
			return nil
		}})
		o.Connections, o.Poll = 1, time.Hour
		start := time.Now()
		err := o.Run(t.Context(), func(ctx context.Context) (bool, error) {
			over, err := m.settled(ctx)
			time.Sleep(1500 * time.Millisecond)
			return over, err
		})
		if took := time.Since(start); err != nil || took > 5*time.Second {
			t.Errorf("%v, after %v", err, took)
		}
	})
}

// Run returns when the last count has: what it counts with may be closed then.
func TestOutboxWaitsForTheLastCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 10)
		ctx, cancel := context.WithCancel(t.Context())
		var counting atomic.Bool
		err := outboxOn(m, &carrier{}).Run(ctx, func(ctx context.Context) (bool, error) {
			counting.Store(true)
			defer counting.Store(false)
			cancel()
			<-ctx.Done()
			time.Sleep(time.Second)
			return false, ctx.Err()
		})
		if err != nil || counting.Load() {
			t.Errorf("%v; somebody counts still: %v", err, counting.Load())
		}
	})
}

// An error of the count ends the run.
func TestOutboxCannotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("the ledger is broken")
		err := outboxOn(newMemory(t, 10), &carrier{}).Run(t.Context(), func(context.Context) (bool, error) { return false, broken })
		if !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	})
}
