package mailer

import (
	"slices"
	"testing"
	"time"
)

// No span of the window's length holds more than allowed where the messages arrive,
// whatever the demand and however long they take.
func TestWindow(t *testing.T) {
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	w := window{rate: Rate{Messages: 10, Per: time.Minute}}
	var seen []time.Time
	now := start
	for i := range 100 {
		now = w.earliest(now.Add(time.Duration(i%7)*time.Second), 10)
		w.grant()
		took := time.Duration(i*i%5) * time.Second
		seen = append(seen, now.Add(took/2))
		now = now.Add(took)
		w.end(now)
	}
	slices.SortFunc(seen, time.Time.Compare)
	for i := 10; i < len(seen); i++ {
		if seen[i].Sub(seen[i-10]) < time.Minute {
			t.Errorf("messages %d to %d come within %v", i-10, i, seen[i].Sub(seen[i-10]))
		}
	}
	if last := now.Sub(start); last > 11*time.Minute {
		t.Errorf("100 messages at 10 a minute took %v", last)
	}
	w.forget(now.Add(time.Hour))
	if len(w.ended) != 0 || w.open != 0 {
		t.Errorf("an hour later it remembers %d, and %d on their way", len(w.ended), w.open)
	}
	var none window
	none.grant()
	if !none.earliest(start, 0).Equal(start) || !none.holds(start, 0) {
		t.Error("without a rate something waits")
	}
	if none.end(start); len(none.ended) != 0 {
		t.Error("without a rate something is kept")
	}
}

// What is on its way counts until it was answered, and what nobody used does not.
func TestWindowCountsWhatIsOpen(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	w := window{rate: Rate{Messages: 2, Per: time.Minute}}
	w.grant()
	w.grant()
	later := now.Add(time.Hour)
	if !w.earliest(later, 2).After(later) {
		t.Error("a third goes out while two are on their way")
	}
	if !w.holds(later, 2) || w.holds(later, 1) {
		t.Error("two on their way are within a part of two, and not of one")
	}
	w.revoke()
	if w.earliest(later, 2).After(later) {
		t.Error("one waits for what was revoked")
	}
}

// Workers share a rate: together they have all of it, and no more.
func TestShares(t *testing.T) {
	for workers, want := range map[int][]int{0: {10}, 1: {10}, 2: {5, 5}, 3: {4, 3, 3}, 12: {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0}} {
		for before, want := range want {
			if n := (share{workers, before}).of(10); n != want {
				t.Errorf("worker %d of %d may use %d, want %d", before, workers, n, want)
			}
		}
	}
	// Who stays gets no less when one leaves, so that it does not matter who counts first.
	for n := range 40 {
		for workers := 2; workers < 12; workers++ {
			for before := range workers - 1 {
				for now := max(before-1, 0); now <= before; now++ {
					if (share{workers - 1, now}).of(n) < (share{workers, before}).of(n) {
						t.Errorf("of %d, worker %d of %d gets less as worker %d of %d", n, before, workers, now, workers-1)
					}
				}
			}
		}
	}
}

// What the ledger says of others is added to what a run knows of itself, each once.
func TestWindowRecalls(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(ms float64) time.Time { return now.Add(time.Duration(ms * float64(time.Millisecond))) }
	w := window{rate: Rate{Messages: 10, Per: time.Minute}}
	for _, ms := range []float64{-900.5, -700.2, -700.1, -1} {
		w.grant()
		w.end(at(ms))
	}
	w.recall([]time.Time{at(-1000), at(-901), at(-701), at(-701), at(-701), at(-50), at(9e6)}, now)
	var got []float64
	for _, each := range w.ended {
		got = append(got, float64(each.Sub(now))/1e6)
	}
	if want := []float64{-1000, -900.5, -701, -700.2, -700.1, -50, -1}; !slices.Equal(got, want) {
		t.Errorf("it counts %v, want %v", got, want)
	}
}

// Who sets the clock changes nothing of what a window knows, wherever it knows it from:
// its times are those of the monotonic clock.
func TestWindowOutlivesTheClock(t *testing.T) {
	now := time.Now()
	w := window{rate: Rate{Messages: 2, Per: time.Minute}}
	w.grant()
	w.end(now)
	w.recall([]time.Time{time.UnixMilli(now.UnixMilli() - 1000).UTC()}, now)
	for _, at := range append(w.ended, w.earliest(now, 2)) {
		if at == at.Round(0) { // has no such reading
			t.Errorf("%v depends on how the clock is set", at)
		}
	}
	if at := w.earliest(now, 2); at.Sub(now) < 58*time.Second || at.Sub(now) > time.Minute {
		t.Errorf("the next may go out in %v", at.Sub(now))
	}
}
