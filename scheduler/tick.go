package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"postrider/newsletter"
)

// tick does what is due now. It returns when something is due next and where the
// change counter stood before. What fails for one digest does not keep the
// others waiting.
func (c *Clock) tick(ctx context.Context) (next time.Time, seen int64, err error) {
	now := c.cutter.Now()
	next = now.Add(c.every())
	if seen, err = c.Pulse.Change(ctx); err != nil {
		return next, seen, err
	}
	if err := c.publish(ctx, now); err != nil {
		return next, seen, err
	}
	known, err := c.Diary.SeeDigests(ctx, c.names(), now)
	if err != nil {
		return next, seen, err
	}
	if locked, err := c.locked(ctx); err != nil || locked {
		return soonest(next, now.Add(c.look())), seen, err
	}
	var failed []error
	for _, d := range c.Digests {
		at, err := c.digest(ctx, d, known[d.Name], now)
		if err != nil {
			failed = append(failed, fmt.Errorf("digest %s: %w", d.Name, err))
		}
		next = soonest(next, at)
	}
	if _, err := c.cutter.FinishPosts(ctx); err != nil {
		failed = append(failed, fmt.Errorf("a post sent by hand: %w", err))
	}
	failed = append(failed, c.tidy(ctx, now))
	return next, seen, errors.Join(failed...)
}

// How often the attic is tidied, and how many rows at once: each time others wait
// that want to write.
const (
	tidyEvery = time.Hour
	tidyRows  = 500
)

// tidy empties the attic of what is due to go.
func (c *Clock) tidy(ctx context.Context, now time.Time) error {
	if c.Attic == nil || now.Sub(c.tidied).Abs() < tidyEvery {
		return nil
	}
	for {
		c.beat()
		removed, err := c.Attic.Tidy(ctx, now, tidyRows)
		if err != nil {
			return err
		}
		if removed == 0 {
			c.tidied = now
			return nil
		}
	}
}

// locked tells whether nothing may be cut. It says so in the log when that
// changes.
func (c *Clock) locked(ctx context.Context) (bool, error) {
	reason, locked, err := c.Gate.Locked(ctx)
	if err != nil {
		return false, err
	}
	if locked && !c.shut {
		c.Log.Warn("no digest is cut", "reason", reason)
	}
	if !locked && c.shut {
		c.Log.Info("the database was unlocked: digests are cut")
	}
	c.shut = locked
	return locked, nil
}

// soonest is the earlier of two times; a zero one is never.
func soonest(a, b time.Time) time.Time {
	if b.IsZero() || a.Before(b) {
		return a
	}
	return b
}

// publish publishes the posts that are due.
func (c *Clock) publish(ctx context.Context, now time.Time) error {
	published, err := c.cutter.Posts.PublishDue(ctx, now)
	for _, p := range published {
		c.Log.Info("published", "post", p.Slug, "scheduled", p.Published)
	}
	return err
}

func (c *Clock) names() []string {
	names := make([]string, len(c.Digests))
	for i, d := range c.Digests {
		names[i] = d.Name
	}
	return names
}

// digest finishes, cuts and closes what is due of one digest. It returns when
// there is something to do next; zero where only a change can tell.
func (c *Clock) digest(ctx context.Context, d newsletter.Digest, known, now time.Time) (next time.Time, err error) {
	cut, err := c.cutter.FinishDigest(ctx, d)
	c.tell(d, cut, err)
	if err != nil {
		return time.Time{}, err
	}
	if d.Cadence == newsletter.Instant {
		return c.instant(ctx, d, now)
	}
	last, err := c.Diary.LastDate(ctx, d.Name)
	if err != nil {
		return time.Time{}, err
	}
	due := d.Due(now, known, last)
	if len(due.Missed) > 0 { // before the cut, after which they would be forgotten
		if err := c.cutter.Missed(ctx, d, due.Missed...); err != nil {
			return time.Time{}, err
		}
		c.Log.Warn("too late for a digest; its posts go into the next", "digest", d.Name,
			"windows", len(due.Missed), "last", due.Missed[len(due.Missed)-1].Key, "catch_up", d.CatchUp)
	}
	return d.Next(now).At, c.cut(ctx, d, due.Cut)
}

// instant cuts a digest that has no calendar.
func (c *Clock) instant(ctx context.Context, d newsletter.Digest, now time.Time) (next time.Time, err error) {
	waiting, err := c.Diary.Waiting(ctx, d.Name, d.Settled(now), now)
	if err != nil {
		return time.Time{}, err
	}
	if !waiting.Next.IsZero() {
		next = waiting.Next.Add(d.Delay)
	}
	w, _ := waiting.Instant(now)
	return next, c.cut(ctx, d, w)
}

// cut cuts a window, if it is one. That another process was faster is well.
func (c *Clock) cut(ctx context.Context, d newsletter.Digest, w newsletter.Window) error {
	if w.IsZero() {
		return nil
	}
	cut, err := c.cutter.Digest(ctx, d, w)
	if errors.Is(err, newsletter.ErrWindowTaken) {
		return nil
	}
	c.tell(d, cut, err)
	return err
}

// tell logs what became of a digest.
func (c *Clock) tell(d newsletter.Digest, cut Cut, err error) {
	for _, w := range cut.Warnings {
		c.Log.Warn(w, "digest", d.Name, "issue", cut.Issue.ID)
	}
	if err == nil && !cut.Empty() {
		c.Log.Info("cut", "digest", d.Name, "window", cut.Issue.Window, "issue", cut.Issue.ID, "readers", cut.Added)
	}
}
