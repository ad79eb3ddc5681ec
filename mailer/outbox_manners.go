package mailer

import (
	"fmt"
	"time"
)

// admit asks whether a job may go out now, by the limits of the whole and of its
// domain. For the rate of the whole the courier itself waits, if it has nothing else to
// do; what must wait for its domain is kept by its lane, or goes back to the ledger
// until its time. A job that is admitted must leave, or yield.
func (c *courier) admit(j job, patient bool) bool {
	if !c.keepPace(patient) {
		c.jobs <- j
		return false
	}
	verdict, until := c.lanes.enter(j, c.now())
	if verdict == admitted {
		return true
	}
	c.pace.revoke()
	switch verdict {
	case postponed:
		c.postpone(j, until, "")
	case paced:
		c.postpone(j, until, ReasonRate)
	}
	return false
}

// keepPace waits, if it is to be patient, until one more message may go out; it reports
// false when the run ends first. What is pending does not wait with it, nor does a
// connection for long.
func (c *courier) keepPace(patient bool) bool {
	if granted, _ := c.tryPace(); granted || !patient {
		return granted
	}
	if c.flush() != nil {
		return false // the run ends
	}
	idle := time.NewTimer(idleTimeout)
	defer idle.Stop()
	turn, soon := c.pace.turn, (<-chan time.Time)(nil)
	for {
		select {
		case <-c.quit.Done():
			return false
		case <-idle.C:
			c.hangUp()
			continue
		case turn <- struct{}{}:
			defer func() { <-c.pace.turn }()
			turn = nil
		case <-soon:
		}
		granted, again := c.tryPace()
		if granted {
			return true
		}
		soon = time.After(again)
	}
}

// tryPace takes a place for a message that may go out at once, or tells after how long
// to try again: others give places back, and parts change.
func (c *courier) tryPace() (granted bool, again time.Duration) {
	now := c.now()
	if !c.mayGrant(now) {
		return false, countEvery / 10
	}
	granted, at := c.pace.try(now)
	return granted, min(at.Sub(now), countEvery)
}

// within tells whether a job that was granted may still go out: the run may have got a
// smaller part of the rates since, or have lost sight of it.
func (c *courier) within(j job) bool {
	now := c.now()
	return c.mayGrant(now) && c.pace.holds(now) && c.lanes.holds(j, now)
}

// postpone gives a job back to the ledger until its time; nothing was tried, and so the
// ledger goes on saying what it said of it.
func (c *courier) postpone(j job, until time.Time, reason string) {
	if _, err := c.commit(j.worker, Entry{Key: j.Key, State: Queued, At: c.now(), Due: until, Reason: reason}); err != nil {
		c.stop(fmt.Errorf("postpone the message to %s: %w", j.To, err))
		return
	}
	c.ended(1)
	c.again(c.lanes.stranded(j, c.now()))
}

// leave gives back a job's place once its message was answered, and lets those go on
// that waited for it.
func (c *courier) leave(j job, serr *SendError, answered time.Time) {
	c.pace.end(answered)
	c.again(c.lanes.leave(j, serr, answered))
	switch {
	case strains(serr) && c.lanes.relayRests(answered):
		c.strained(serr)
	case heard(serr):
		if failed, told := c.outage.over(toMail); failed {
			c.recovered(told)
		}
	}
}

// toMail is what is asked of a relay once it is reached.
const toMail = "mail"

// strainedFor is how many times the patience with a transport out of reach is had with
// one that is there and takes nothing: it may soon.
const strainedFor = 10

// strained notes that the relay takes no mail for now.
func (c *courier) strained(serr *SendError) {
	lasting, tell := c.outage.failed(c.now(), toMail, serr, true)
	if c.giveUp(lasting/strainedFor, fmt.Errorf("%w: %w", errOutOfReach, serr)) {
		return
	}
	c.confide(c.ctx)
	if tell {
		c.log.Warn("the mail server takes no mail now; will try again", "error", serr)
	}
}

// yield gives back the place of a job of which the server has got no message, and what
// the rates granted to it.
func (c *courier) yield(j job) {
	c.pace.revoke()
	c.again(c.lanes.withdraw(j, c.now()))
}

// handOn gives a job to any courier, after its place: else who takes it might find that
// taken.
func (c *courier) handOn(j job) {
	c.yield(j)
	c.jobs <- j
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
