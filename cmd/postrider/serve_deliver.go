package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"postrider/mailer"
	"postrider/scheduler"
	"postrider/web"
)

// deliverer works the outbox for as long as the process serves: through errors of
// the database, and once a locked one is unlocked.
type deliverer struct {
	box  *mailer.Outbox
	gate scheduler.Gate
	now  func() time.Time
	log  *slog.Logger
	ends endings

	mu       sync.Mutex
	standing web.DutyState
}

// What follows an outbox that failed: the wait doubles up to the longest.
const (
	deliverRest = time.Second
	longestRest = 30 * time.Second
	lockLook    = time.Second // how often it looks whether a locked database was unlocked
)

func (d *deliverer) run(ctx context.Context) error {
	for failures := 0; d.unlocked(ctx); {
		began := d.now()
		err := d.box.Run(ctx, d.enough)
		if err == nil {
			continue // ctx has ended, or the database was locked
		}
		d.note(err)
		if d.now().Sub(began) > longestRest {
			failures = 0
		}
		rest := min(deliverRest<<min(failures, 10), longestRest)
		failures++
		d.log.Error("the outbox stopped; will try again", "error", err, "wait", rest)
		pause(ctx, rest)
	}
	return nil
}

// enough is asked by the outbox about every second, also while the ledger cannot be
// written. It works for ever, unless the database becomes a locked one.
func (d *deliverer) enough(ctx context.Context) (bool, error) {
	_, locked, err := d.gate.Locked(ctx)
	if err != nil {
		d.note(err)
		return false, nil // the outbox meets the same error, and tells of it
	}
	d.note(d.box.Trouble())
	if err := d.ends.tell(ctx, d.now(), d.log); err != nil {
		d.log.Debug("cannot see which issues have ended", "error", err)
	}
	return locked, nil
}

// unlocked waits until something may be sent. It is false when ctx ends first.
func (d *deliverer) unlocked(ctx context.Context) bool {
	told := false
	for ctx.Err() == nil {
		reason, locked, err := d.gate.Locked(ctx)
		d.note(err)
		if err == nil && !locked {
			if told {
				d.log.Info("the database was unlocked: mail is sent")
			}
			return true
		}
		if locked && !told {
			d.log.Warn("no mail is sent", "reason", reason)
			told = true
		}
		pause(ctx, lockLook)
	}
	return false
}

func (d *deliverer) note(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.standing.Beat, d.standing.Err = d.now(), err
	if err == nil {
		d.standing.Done = d.standing.Beat
	}
}

func (d *deliverer) state() web.DutyState {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.standing
}

// pause waits, but not beyond the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
