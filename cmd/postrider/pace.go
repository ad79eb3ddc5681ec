package main

import (
	"context"
	"sync"
	"time"

	"postrider/mailer"
)

// crowded is how many seconds the rate of each domain has the mail of an issue take at the
// least; without an issue, that of all that is being sent.
func (s *session) crowded(ctx context.Context, issue string) (float64, error) {
	rate := s.cfg.DomainLimits().Rate
	if rate.Messages <= 0 {
		return 0, nil
	}
	crowd, err := s.store.Crowd(ctx, issue, rate.Messages)
	return lasts(rate, crowd), err
}

// crowds is that of some issues, again and again. To count them takes a twentieth of the time
// at the most, and keeps nobody waiting.
type crowds struct {
	now      func() time.Time
	count    func(ctx context.Context, issue string) (seconds float64, err error) // see [session.crowded]
	issues   []string
	counting sync.WaitGroup

	mu          sync.Mutex
	cancel      context.CancelFunc // of the count that is under way; nil: none is
	until, over time.Time          // when they are counted again, and when all will be over
}

// crowds are those of issues, or of none where no rate holds them up and nobody looks.
func (s *session) crowds(issues ...string) *crowds {
	if s.quiet || s.cfg.DomainLimits().Rate.Messages <= 0 {
		issues = nil
	}
	return &crowds{now: s.now, count: s.crowded, issues: issues}
}

// crowdEvery is how often it is worth to count crowds anew.
const crowdEvery = 10 * time.Second

// left is how many seconds it still takes at the least, as far as is known.
func (c *crowds) left(ctx context.Context) float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if len(c.issues) > 0 && c.cancel == nil && !now.Before(c.until) {
		ctx, cancel := context.WithCancel(ctx)
		c.cancel = cancel
		c.counting.Go(func() {
			defer cancel()
			c.recount(ctx)
		})
	}
	return max(c.over.Sub(now), 0).Seconds()
}

// recount counts each issue: they go side by side. One that cannot be counted tells nothing;
// who sends meets the reason by other ways.
func (c *crowds) recount(ctx context.Context) {
	began := c.now()
	longest := 0.0
	for _, issue := range c.issues {
		if seconds, err := c.count(ctx, issue); err == nil {
			longest = max(longest, seconds)
		}
	}
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancel = nil
	c.over = now.Add(time.Duration(longest * float64(time.Second)))
	c.until = now.Add(max(crowdEvery, 20*now.Sub(began)))
}

// end stops the count that is under way.
func (c *crowds) end() {
	c.mu.Lock()
	if c.cancel != nil {
		c.cancel()
	}
	c.mu.Unlock()
	c.counting.Wait()
}

// shortest is how many seconds a rate has the ready ones of total mails take at the least.
// Where all fit into one span they may go at once.
func shortest(limit mailer.Rate, total, ready int64) float64 {
	if limit.Messages <= 0 || total <= int64(limit.Messages) {
		return 0
	}
	return lasts(limit, ready)
}

// lasts is for how many seconds a rate has so many mails go, of more than fit into a span.
func lasts(limit mailer.Rate, mails int64) float64 {
	return float64(mails) * limit.Per.Seconds() / float64(limit.Messages)
}
