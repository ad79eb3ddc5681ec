package scheduler_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postrider/newsletter"
	"postrider/post"
	"postrider/scheduler"
	"postrider/store"
)

var instantly = newsletter.Digest{Name: "instant", Cadence: newsletter.Instant, Zone: time.UTC, Delay: 5 * time.Minute,
	Full: true, Subject: "{{(index .Posts 0).Title}}", Template: "digest"}

// ticking is a house in a bubble of time, whose clock runs.
type ticking struct {
	*house
	clock *scheduler.Clock
	log   bytes.Buffer
	stop  func() // ends the clock and waits for it
}

// inBubble runs do in a house of its own at Monday, 2026-11-23, 09:00 UTC.
func inBubble(t *testing.T, do func(*ticking)) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)))
		h := &ticking{house: newHouse(t)}
		h.cutter.Now = time.Now
		h.clock = h.newClock(h.Store, h.cutter, weekly, instantly)
		do(h)
	})
}

func (h *ticking) newClock(st *store.Store, cutter *scheduler.Cutter, digests ...newsletter.Digest) *scheduler.Clock {
	return &scheduler.Clock{Cutter: cutter, Diary: st, Pulse: st, Gate: st, Digests: digests,
		Log: slog.New(slog.NewTextHandler(&h.log, nil))}
}

func (h *ticking) start() {
	ctx, cancel := context.WithCancel(h.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.clock.Run(ctx)
	}()
	h.stop = func() {
		cancel()
		<-done
	}
}

// pass lets time go by.
func (h *ticking) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
	h.now = time.Now()
}

// joinAs puts a reader on the list of a cadence.
func (h *house) joinAs(name string, cadence newsletter.Cadence, topics ...string) {
	h.t.Helper()
	h.join(name, topics...)
	h.change(name, func(s *newsletter.Subscriber) { s.Cadence = cadence })
}

// An instant digest leaves a post its delay, and what is younger to the next.
func TestInstantWaitsForSecondThoughts(t *testing.T) {
	inBubble(t, func(h *ticking) {
		h.joinAs("ada", newsletter.Instant)
		h.joinAs("art", newsletter.Instant, "art")
		h.start()
		h.publish("go")
		h.pass(3 * time.Minute)
		h.publish("go")
		h.pass(2*time.Minute - time.Second)
		h.gets("ada")
		h.pass(2 * time.Second)
		h.gets("ada", "p1")
		h.pass(3 * time.Minute)
		h.gets("ada", "p1", "p2")
		h.gets("art")

		// Who comes over is not kept waiting for the next post, nor is anybody served twice.
		h.join("late")
		h.pass(time.Minute)
		h.gets("late")
		h.change("late", func(s *newsletter.Subscriber) { s.Cadence = newsletter.Instant })
		h.pass(time.Minute)
		h.gets("late", "p2 p1")
		h.gets("ada", "p1", "p2")
		h.pass(time.Hour)
		if n := h.issues(); n != 3 {
			t.Errorf("%d issues, want 3", n)
		}
		h.stop()
	})
}

// Nobody wants the post: the window is closed once, not asked about for ever.
func TestInstantForNobody(t *testing.T) {
	inBubble(t, func(h *ticking) {
		h.joinAs("art", newsletter.Instant, "art")
		h.publish("go")
		h.start()
		h.pass(4 * time.Minute)
		h.publish("go") // not settled when the first is
		h.pass(2 * time.Hour)
		windows, err := h.Windows(h.ctx, "instant", 9)
		h.ok(err)
		if len(windows) != 2 || windows[1].Key != "to-1" || windows[0].Key != "to-2" || windows[0].State != newsletter.WindowEmpty {
			t.Errorf("windows %+v", windows)
		}
		h.stop()
	})
}

// What another process makes is seen without a word: a post that is due, one that
// is new, half an issue that it left.
func TestTheClockSeesOthersWork(t *testing.T) {
	inBubble(t, func(h *ticking) {
		h.join("ada")
		h.joinAs("bea", newsletter.Instant)
		h.start()
		h.pass(10 * time.Second)
		h.put("later.md", "---\nslug: later\ndate: 2026-11-23T09:00:20Z\n---\nWords.\n")
		h.pass(12 * time.Second)
		if p, err := h.Store.Post(h.ctx, "later"); err != nil || p.State != post.Published {
			t.Errorf("the post is %s, %v", p.State, err)
		}
		if said := h.log.String(); strings.Count(said, "msg=published post=later ") != 1 {
			t.Errorf("it says:\n%s", said)
		}
		other := h.newCutter(h.open())
		other.Now = time.Now
		other.Recipients = &small{Recipients: h.Store, limit: 1, before: func(step int) error {
			if step > 1 {
				return errors.New("killed")
			}
			return nil
		}}
		if _, err := other.Post(h.ctx, must(h.Store.Post(h.ctx, "later")), false, scheduler.Plan{}); err == nil {
			t.Fatal("not interrupted")
		}
		h.pass(30 * time.Second)
		h.gets("ada", "later")
		h.gets("bea", "later")
		h.stop()
	})
}

// A cut that takes long is seen to go on, batch by batch.
func TestALongCutIsAlive(t *testing.T) {
	inBubble(t, func(h *ticking) {
		for _, name := range []string{"ada", "bea", "cem", "dan", "eve"} {
			h.joinAs(name, newsletter.Instant)
		}
		h.cutter.Recipients = &small{Recipients: h.Store, limit: 1, before: func(int) error {
			time.Sleep(time.Minute)
			return nil
		}}
		h.start()
		h.publish()
		h.pass(instantly.Delay + 4*time.Minute + 30*time.Second)
		if state := h.clock.State(); time.Since(state.Beat) > time.Minute || time.Since(state.Ticked) < 4*time.Minute {
			t.Errorf("after %s: %+v", time.Now(), state)
		}
		h.pass(2 * time.Minute)
		h.gets("eve", "p1")
		h.stop()
	})
}

func must(p post.Post, err error) post.Post {
	if err != nil {
		panic(err)
	}
	return p
}

// broken is a diary that cannot be read for a while.
type broken struct {
	scheduler.Diary
	err error
}

func (b *broken) LastDate(ctx context.Context, digest string) (string, error) {
	if b.err != nil {
		return "", b.err
	}
	return b.Diary.LastDate(ctx, digest)
}

// A failure ends nothing: it is told, tried again ever less often, and keeps no
// other digest waiting.
func TestTheClockGoesOnAfterFailures(t *testing.T) {
	inBubble(t, func(h *ticking) {
		h.join("ada")
		h.joinAs("bea", newsletter.Instant)
		h.publish()
		diary := &broken{Diary: h.Store, err: errors.New("the disk is on fire")}
		h.clock.Diary = diary
		h.start()
		h.pass(10 * time.Minute)
		h.gets("ada")
		h.gets("bea", "p1")
		state := h.clock.State()
		if state.Err == nil || !strings.Contains(state.Err.Error(), "digest weekly: the disk is on fire") || !state.Ticked.IsZero() ||
			time.Since(state.Beat) > time.Minute {
			t.Errorf("state %+v", state)
		}
		if n := strings.Count(h.log.String(), "will try again"); n < 20 || n > 30 {
			t.Errorf("told %d times in ten minutes", n)
		}
		h.stop()
		diary.err = nil
		h.clock.Look, h.clock.Every = time.Hour, time.Hour // a week of seconds would be many
		h.start()
		h.pass(7 * 24 * time.Hour)
		h.gets("ada", "p1")
		if state := h.clock.State(); state.Err != nil || time.Since(state.Ticked) > time.Hour {
			t.Errorf("state %+v", state)
		}
		h.stop()
	})
}

// attic notes when it is tidied, and has something to remove each first time.
type attic struct {
	times []time.Time
	err   error
}

func (a *attic) Tidy(_ context.Context, now time.Time, _ int) (int64, error) {
	a.times = append(a.times, now)
	return int64(len(a.times) % 2), a.err
}

// The attic is tidied until it is empty, once an hour; again soon if that fails.
func TestTidiesOnceAnHour(t *testing.T) {
	inBubble(t, func(h *ticking) {
		a := &attic{}
		h.clock.Attic = a
		h.start()
		h.pass(2*time.Hour + time.Minute)
		if n := len(a.times); n != 6 || !a.times[0].Equal(a.times[1]) || a.times[4].Sub(a.times[0]) != 2*time.Hour {
			t.Errorf("tidied at %v", a.times)
		}
		a.err = errors.New("the disk is full")
		h.pass(time.Hour + 10*time.Second)
		if n := len(a.times); n < 8 || h.clock.State().Err == nil {
			t.Errorf("tidied %d times, state %+v", n, h.clock.State())
		}
		h.stop()
	})
}
