package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// What the rate of domains has take long is counted seldom, runs out in between, and keeps
// nobody waiting; issues go side by side.
func TestCrowds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var takes atomic.Int64 // nanoseconds
		began, counted := time.Now(), 0
		seconds := map[string]float64{"a": 100, "b": 5}
		c := &crowds{issues: []string{"a", "b"}, now: time.Now,
			count: func(_ context.Context, issue string) (float64, error) {
				time.Sleep(time.Duration(takes.Load()))
				mu.Lock()
				defer mu.Unlock()
				counted++
				if seconds[issue] == 0 {
					return 0, errors.New("not to be counted")
				}
				return seconds[issue], nil
			}}
		defer c.end()
		is := func(after time.Duration, want float64, times int) {
			t.Helper()
			time.Sleep(after - time.Since(began))
			got := c.left(t.Context())
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if got != want || counted != times || time.Since(began) != after {
				t.Errorf("after %s %v s, counted %d times; want %v s, %d times", after, got, counted, want, times)
			}
		}
		set := func(issue string, left float64) {
			mu.Lock()
			defer mu.Unlock()
			seconds[issue] = left
		}
		is(0, 0, 2) // not yet known
		is(time.Second, 99, 2)
		is(9*time.Second, 91, 2)
		takes.Store(int64(500 * time.Millisecond))
		set("a", 30)
		is(10*time.Second, 90, 2)
		is(11500*time.Millisecond, 29.5, 4)
		is(30*time.Second, 11, 4)
		set("a", 0)
		is(31*time.Second, 10, 4)
		is(32500*time.Millisecond, 4.5, 6)
	})
}

func TestCrowdsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crowds{issues: []string{"a"}, now: time.Now, count: func(ctx context.Context, _ string) (float64, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		}}
		c.left(t.Context())
		c.end()
		c = &crowds{now: time.Now}
		if got := c.left(t.Context()); got != 0 {
			t.Errorf("of no issues %v s", got)
		}
		c.end()
	})
}
