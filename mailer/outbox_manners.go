package mailer

import (
	"fmt"
	"time"
)

// admit asks whether a job may go out now, by the limits of its domain and of the
// whole. What must wait for its domain is kept by its lane, or goes back to the
// ledger until its time; for the rate of the whole the courier itself waits, if it
// has nothing else to do.
func (c *courier) admit(j job, patient bool) bool {
	now := c.now()
	verdict, until := c.lanes.enter(j, now)
	switch {
	case verdict == parked:
		return false
	case verdict == postponed:
		c.postpone(j, until)
		return false
	case !patient && c.pace.try(c.now()) || patient && c.wait(c.pace.grant(c.now())):
		return true
	}
	c.again(c.lanes.withdraw(j, now, c.now()))
	c.jobs <- j
	return false
}

// wait waits until a moment; it reports false when the run ends first. What is
// pending does not wait with it, nor does a connection for long.
func (c *courier) wait(at time.Time) bool {
	left := at.Sub(c.now())
	if left <= 0 {
		return true
	}
	if c.flush() != nil {
		return false // the run ends
	}
	if left > idleTimeout {
		c.hangUp()
	}
	select {
	case <-c.quit.Done():
		return false
	case <-time.After(left):
		return true
	}
}

// postpone gives a job back to the ledger until its time; nothing was tried, and so the
// ledger goes on saying what it said of it.
func (c *courier) postpone(j job, until time.Time) {
	if _, err := c.commit(j.worker, Entry{Key: j.Key, State: Queued, At: c.now(), Due: until}); err != nil {
		c.stop(fmt.Errorf("postpone the message to %s: %w", j.To, err))
		return
	}
	c.ended(1)
	c.again(c.lanes.stranded(j, c.now()))
}

// leave gives back a job's place in its lane, and lets those go on that waited for it.
func (c *courier) leave(j job, serr *SendError, sent bool) {
	c.again(c.lanes.leave(j, serr, sent, c.now()))
}

func (c *courier) again(jobs []job) {
	for _, j := range jobs {
		c.jobs <- j
	}
}

// judge pauses an issue that should not go on. Notices are each on their own.
func (c *courier) judge(j job, serr *SendError) {
	if j.Key.Issue == 0 || c.Pause == nil {
		return
	}
	if reason := c.breaker.observe(j.IssueID, serr); reason != "" {
		c.pause(j, reason)
	}
}

// pause pauses the issue of a job, and tells whether it is paused now. All couriers meet
// the same at the same time; the log hears of it once.
func (c *courier) pause(j job, reason string) bool {
	if j.Key.Issue == 0 || c.Pause == nil {
		return false
	}
	ctx, cancel := c.settled()
	defer cancel()
	news, err := c.Pause(ctx, j.IssueID, reason)
	switch {
	case err != nil:
		c.log.Error("issue should be paused and cannot be", "issue", j.IssueID, "reason", reason, "error", err)
	case news:
		c.log.Error("issue is paused", "issue", j.IssueID, "reason", reason)
	}
	return err == nil
}
