package mailer

import (
	"testing"
	"time"
)

// No span of the window's length holds more than allowed, whatever the demand.
func TestWindow(t *testing.T) {
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	w := window{rate: Rate{Messages: 10, Per: time.Minute}}
	var grants []time.Time
	now := start
	for i := range 100 {
		now = now.Add(time.Duration(i%7) * time.Second)
		at := w.grant(now, 1)
		if at.Before(now) {
			t.Fatalf("grant %d lies before it was asked for", i)
		}
		grants = append(grants, at)
		if i >= 10 && at.Sub(grants[i-10]) < time.Minute {
			t.Errorf("grants %d to %d come within %v", i-10, i, at.Sub(grants[i-10]))
		}
	}
	if last := grants[99].Sub(start); last > 11*time.Minute {
		t.Errorf("100 messages at 10 a minute took %v", last)
	}
	if w.grant(now.Add(time.Hour), 1); len(w.grants) != 1 {
		t.Errorf("an hour later it remembers %d grants", len(w.grants))
	}
	var none window
	if !none.grant(start, 3).Equal(start) || len(none.grants) != 0 {
		t.Error("without a rate nothing waits and nothing is kept")
	}
}

// Workers share a rate in equal parts; one message at least is everybody's.
func TestWindowIsShared(t *testing.T) {
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	for workers, want := range map[int]int{0: 10, 1: 10, 2: 5, 3: 3, 50: 1} {
		w := window{rate: Rate{Messages: 10, Per: time.Minute}}
		n := 0
		for w.grant(start, workers).Equal(start) {
			n++
		}
		if n != want {
			t.Errorf("%d workers: %d messages at once, want %d", workers, n, want)
		}
	}
}
