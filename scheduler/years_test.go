package scheduler_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postrider/newsletter"
	"postrider/scheduler"
	"postrider/store"
)

// years is a house whose process is stopped, killed in the middle of a cut,
// left off for a weekend or a month, and begun again, while posts are written.
type years struct {
	*house
	random *rand.Rand // of the process
	pen    *rand.Rand // of who writes, beside it
	digest newsletter.Digest
	lives  []life
	known  time.Time // when the digest's name was first seen
}

// life is one process: the clock was running from born to died.
type life struct {
	born, died time.Time
	killed     bool // in the middle of something
}

// live runs a clock until it is stopped, or until it is killed while adding the
// readers of an issue, if it is doomed.
func (y *years) live(span time.Duration, doomed bool) {
	ctx, die := context.WithTimeout(y.ctx, span)
	defer die()
	st := y.open()
	cutter := *y.cutter // its templates are the same
	cutter.Now, cutter.Posts, cutter.Windows = time.Now, st, st
	killed := false
	cutter.Recipients = &small{Recipients: st, limit: 1, before: func(step int) error {
		if doomed && step == 2 {
			killed = true
			die()
		}
		return ctx.Err()
	}}
	born := time.Now()
	(&scheduler.Clock{Cutter: &cutter, Diary: st, Pulse: st, Gate: st, Digests: newsletter.Digests{y.digest},
		Log: slog.New(slog.DiscardHandler), Every: 10 * 24 * time.Hour, Look: 20 * time.Hour}).Run(ctx)
	y.lives = append(y.lives, life{born, time.Now(), killed})
	if len(y.lives) == 1 {
		y.known = born
	}
}

// absence is for how long nobody starts it again.
func (y *years) absence() time.Duration {
	const day = 24 * time.Hour
	longest := []time.Duration{time.Minute, time.Hour, 20 * time.Hour, 3 * day, 30 * day}[y.random.IntN(5)]
	return time.Duration(y.random.Int64N(int64(longest)))
}

// write publishes, schedules and withdraws until ctx ends.
func (y *years) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(y.pen.Int64N(int64(10 * 24 * time.Hour)))):
		}
		y.posts++
		date := time.Now().Add(time.Duration(y.pen.IntN(3)) * 9 * time.Hour) // mostly to be published later
		y.now = time.Now()
		y.put(fmt.Sprintf("p%d.md", y.posts), fmt.Sprintf("---\nslug: p%d\ndate: %s\n---\nWords.\n", y.posts, date.UTC().Format(time.RFC3339)))
	}
}

// thereAt tells whether a process ran at an instant, and thereFor whether one did
// then or while the digest might still be cut. Only of those that were not killed can
// be said that they must have done so.
func (y *years) thereAt(at time.Time) bool {
	return slices.ContainsFunc(y.lives, func(l life) bool { return !l.born.After(at) && !l.died.Before(at) })
}

func (y *years) thereFor(at time.Time) (surely, perhaps bool) {
	for _, l := range y.lives {
		if !l.born.After(at.Add(y.digest.CatchUp)) && !l.died.Before(at) {
			perhaps = true
			surely = surely || !l.killed
		}
	}
	return surely, perhaps
}

// check compares what was done with what the calendar asks for.
func (y *years) check() (cut, missed int) {
	y.t.Helper()
	done := make(map[string]store.Window)
	windows, err := y.Windows(y.ctx, y.digest.Name, 1000)
	y.ok(err)
	for _, w := range windows {
		done[w.Key] = w
	}
	last := y.lives[len(y.lives)-1].died
	expected := 0
	for w := y.digest.Next(y.known); !w.At.After(last); w = y.digest.Next(w.At) {
		expected++
		got, handled := done[w.Key]
		surely, perhaps := y.thereFor(w.At)
		wasMissed := got.State == newsletter.WindowMissed
		switch {
		case !handled:
			y.t.Errorf("window %s was forgotten", w.Key)
		case wasMissed && surely || !wasMissed && !perhaps:
			y.t.Errorf("window %s (%s) is %s; was anybody there in time: surely %v, perhaps %v", w.Key, w.At, got.State, surely, perhaps)
		case !wasMissed && y.thereAt(w.At) && !got.At.Equal(w.At):
			y.t.Errorf("window %s was cut at %s, not at %s", w.Key, got.At, w.At)
		}
		if wasMissed {
			missed++
		} else {
			cut++
		}
	}
	if len(windows) != expected {
		y.t.Errorf("%d windows, the calendar has %d", len(windows), expected)
	}
	return cut, missed
}

// Two years of weeks, over every change of the clocks, one by half an hour, one at
// midnight, and a Friday that there was not: each window once and at its time, those
// that nobody was there for missed, no post lost and none twice.
func TestYearsOfWeeks(t *testing.T) {
	for i, test := range []struct {
		zone string
		from int // year
		day  time.Weekday
	}{
		{"Europe/Berlin", 2026, time.Sunday},
		{"America/New_York", 2026, time.Sunday},
		{"Australia/Lord_Howe", 2026, time.Sunday},
		{"Asia/Kathmandu", 2026, time.Sunday},
		{"America/Santiago", 2026, time.Sunday},
		{"Pacific/Apia", 2011, time.Friday},
	} {
		t.Run(strings.ReplaceAll(test.zone, "/", "-"), func(t *testing.T) {
			zone, err := time.LoadLocation(test.zone)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(time.Date(test.from, 1, 1, 0, 0, 0, 0, time.UTC)))
				y := &years{house: newHouse(t), random: rand.New(rand.NewPCG(uint64(i), 7)), pen: rand.New(rand.NewPCG(uint64(i), 8)),
					digest: newsletter.Digest{Name: "weekly", Cadence: newsletter.Weekly, Day: test.day, At: newsletter.TimeOfDay{Hour: 2, Minute: 10},
						Zone: zone, CatchUp: 24 * time.Hour, Subject: "News", Template: "digest"}}
				y.run()
			})
		})
	}
}

func (y *years) run() {
	for _, name := range []string{"ada", "bea", "cem"} {
		y.join(name)
	}
	ctx, stop := context.WithCancel(y.ctx)
	written := make(chan struct{})
	go func() {
		defer close(written)
		y.write(ctx)
	}()
	for end := time.Now().AddDate(2, 0, 0); time.Now().Before(end); time.Sleep(y.absence()) {
		y.live(time.Duration(y.random.Int64N(int64(40*24*time.Hour))), y.random.IntN(3) == 0)
	}
	stop()
	<-written
	y.live(8*24*time.Hour, false) // whatever was written comes with this week's
	cut, missed := y.check()
	y.t.Logf("%d lives, %d posts, %d windows cut, %d missed", len(y.lives), y.posts, cut, missed)
	if cut == 0 || missed == 0 {
		y.t.Error("nothing was cut, or nothing missed")
	}
	for _, name := range []string{"ada", "bea", "cem"} {
		times := make(map[string]int)
		for _, slug := range strings.Fields(strings.Join(y.mails(name), " ")) {
			times[slug]++
		}
		for n := 1; n <= y.posts; n++ {
			if slug := fmt.Sprintf("p%d", n); times[slug] != 1 {
				y.t.Errorf("%s got %s %d times", name, slug, times[slug])
			}
		}
	}
}
