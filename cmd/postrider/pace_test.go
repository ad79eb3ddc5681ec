package main

import (
	"context"
	"testing"
	"time"
)

// What the rate of domains has take long is counted seldom, and runs out in between.
func TestCrowds(t *testing.T) {
	began := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	now, counted := began, 0
	seconds := map[string]float64{"a": 100, "b": 0.5}
	c := crowds{issues: []string{"a", "b"}, now: func() time.Time { return now },
		count: func(_ context.Context, issue string) (float64, error) { counted++; return seconds[issue], nil }}
	is := func(after time.Duration, want float64, times int) {
		t.Helper()
		now = began.Add(after)
		if got, err := c.left(t.Context()); err != nil || got != want || counted != times {
			t.Errorf("after %s %v s, %v, counted %d times; want %v s, %d times", after, got, err, counted, want, times)
		}
	}
	is(0, 100.5, 2)
	is(40*time.Second, 60.5, 2)
	seconds["a"] = 30
	is(time.Minute, 30.5, 4)
	is(119*time.Second, 0, 4)
}
