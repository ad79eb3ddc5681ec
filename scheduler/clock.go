package scheduler

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"postrider/newsletter"
)

// Diary is what was done before, whichever process did it.
type Diary interface {
	// SeeDigests notes the names of the configured digests and tells since when
	// each is known.
	SeeDigests(ctx context.Context, names []string, now time.Time) (map[string]time.Time, error)
	// LastDate is the last date of a digest that was handled, for
	// [newsletter.Digest.Due].
	LastDate(ctx context.Context, digest string) (string, error)
	// Waiting is what lies before the readers of an instant digest.
	Waiting(ctx context.Context, digest string, settled, now time.Time) (newsletter.Waiting, error)
}

// Pulse tells whether something has changed: the number is another one then.
type Pulse interface {
	Change(ctx context.Context) (int64, error)
}

// Gate tells whether anything may be sent. A locked one gives its reason.
type Gate interface {
	Locked(ctx context.Context) (reason string, locked bool, err error)
}

// Attic is where what has ended is kept for a while.
type Attic interface {
	// Tidy removes what nobody needs any more, at most limit rows of a kind, and
	// tells how many it removed.
	Tidy(ctx context.Context, now time.Time, limit int) (removed int64, err error)
}

// Clock does what is due when it is due: it publishes scheduled posts, cuts
// digests, records windows that passed too long ago as missed, and finishes
// what an interruption left half done. It ticks at the next known instant, every
// [Clock.Every] at the latest, and soon after a change that any process made.
//
// It keeps nothing in memory that matters: what was done stands in the database,
// where a window is written once. So it may be stopped anywhere and begun
// again, and any number of clocks may run on one database.
//
// While the gate is locked it publishes only; windows that pass meanwhile are caught
// up with, or missed, like those of a machine that was off.
//
// Set the first six fields, and Cutter.Now; the others have defaults.
type Clock struct {
	Cutter  *Cutter
	Diary   Diary
	Pulse   Pulse
	Gate    Gate
	Digests newsletter.Digests
	Log     *slog.Logger

	Attic Attic         // tidied once an hour; nil: never
	Every time.Duration // 0: 30 s
	Look  time.Duration // how often it looks for changes and due posts in between; 0: 1 s

	mu    sync.Mutex
	state State

	// Run's own:
	cutter *Cutter   // Cutter, whose Progress is a sign of life
	shut   bool      // whether the gate was found locked
	tidied time.Time // when the attic was
}

// State is how a [Clock] stands, for whoever watches over it.
type State struct {
	Beat   time.Time // when it was last seen at work, or waiting in good order
	Ticked time.Time // when a tick last went well; zero: none has yet
	Err    error     // why the last tick did not; nil: it did
}

// State tells how the clock stands.
func (c *Clock) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// What follows a tick that failed: the wait doubles up to the longest.
const (
	firstRest   = time.Second
	longestRest = 30 * time.Second
)

// Run ticks until ctx ends. Nothing else ends it: an error is logged, shown in
// [Clock.State], and the same tried again after a while.
func (c *Clock) Run(ctx context.Context) {
	own := *c.Cutter // its progress is a sign of life
	own.Progress = func(int) { c.beat() }
	c.cutter = &own
	failures := 0
	for ctx.Err() == nil {
		c.beat()
		next, seen, err := c.tick(ctx)
		if ctx.Err() != nil {
			return
		}
		c.note(err)
		if err == nil {
			failures = 0
			c.wait(ctx, next, seen)
			continue
		}
		rest := min(firstRest<<min(failures, 10), longestRest)
		failures++
		c.Log.Error("what is due could not be done; will try again", "error", err, "wait", rest)
		c.pause(ctx, rest)
	}
}

// wait returns at the instant next, or when something has changed since the
// counter stood at seen. Between looks it does not trust the length of its sleep:
// machines are suspended, and clocks set; one that is set back would let it wait
// for a year.
func (c *Clock) wait(ctx context.Context, next time.Time, seen int64) {
	for {
		left := next.Sub(c.Cutter.Now())
		if left <= 0 || left > c.every() || !c.pause(ctx, min(left, c.look())) {
			return
		}
		c.beat()
		// Posts that are due show on pages and in feeds at once; if there were
		// some, or this fails, it is for the next tick to see.
		if err := c.publish(ctx, c.Cutter.Now()); err != nil {
			return
		}
		if now, err := c.Pulse.Change(ctx); err != nil || now != seen {
			return
		}
	}
}

// every is how long it waits at most.
func (c *Clock) every() time.Duration { return cmp.Or(c.Every, 30*time.Second) }

func (c *Clock) look() time.Duration { return cmp.Or(c.Look, time.Second) }

// pause tells whether the time passed before ctx ended.
func (c *Clock) pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (c *Clock) beat() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.Beat = c.Cutter.Now()
}

// note keeps how a tick went.
func (c *Clock) note(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.Err = err
	if err == nil {
		c.state.Ticked = c.Cutter.Now()
	}
}
