package main

import (
	"context"
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

// crowds is that of some issues, again and again: they are counted once a minute.
type crowds struct {
	now         func() time.Time
	count       func(ctx context.Context, issue string) (seconds float64, err error) // see [session.crowded]
	issues      []string
	until, over time.Time // when they are counted again, and when they will be over
}

func (s *session) crowds(issues ...string) *crowds {
	return &crowds{now: s.now, count: s.crowded, issues: issues}
}

// left is how many seconds it still takes at the least.
func (c *crowds) left(ctx context.Context) (float64, error) {
	now := c.now()
	if !now.Before(c.until) {
		c.until, c.over = now.Add(time.Minute), now
		for _, issue := range c.issues {
			seconds, err := c.count(ctx, issue)
			if err != nil {
				return 0, err
			}
			c.over = c.over.Add(time.Duration(seconds * float64(time.Second)))
		}
	}
	return max(c.over.Sub(now), 0).Seconds(), nil
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
