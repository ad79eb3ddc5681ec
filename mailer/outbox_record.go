package mailer

import "fmt"

// commit hands entries to the committer and waits until they are on disk.
func (r *run) commit(worker int64, entries ...Entry) ([]Verdict, error) {
	answers := make(chan answer, 1)
	r.intake.put(request{worker, entries, answers})
	a := <-answers
	return a.verdicts, a.err
}

// record commits an intent, together with the pending outcome if there is one. While that
// goes to disk it makes the message after this one.
func (c *courier) record(j job, intent Entry) (Verdict, error) {
	if c.pending != nil && c.pending.job.worker != j.worker {
		if err := c.flush(); err != nil {
			return Lost, err
		}
	}
	c.entries = c.entries[:0]
	if c.pending != nil {
		c.entries = append(c.entries, c.pending.entry)
	}
	c.entries = append(c.entries, intent)
	c.intake.put(request{j.worker, c.entries, c.answers})
	c.lookAhead()
	a := <-c.answers
	if c.pending == nil {
		if a.err != nil {
			return Lost, a.err
		}
		return a.verdicts[0], nil
	}
	if a.err != nil {
		return Lost, c.forsake(a.err)
	}
	c.settle(a.verdicts[0])
	return a.verdicts[1], nil
}

// flush commits the pending outcome alone, if there is one.
func (c *courier) flush() error {
	if c.pending == nil {
		return nil
	}
	verdicts, err := c.commit(c.pending.job.worker, c.pending.entry)
	if err != nil {
		return c.forsake(err)
	}
	c.settle(verdicts[0])
	return nil
}

// settle ends the pending outcome, which is on disk now.
func (c *courier) settle(v Verdict) {
	p := c.pending
	if v != Recorded {
		c.log.Warn("an outcome came too late: the delivery had been taken back",
			"issue", p.job.IssueID, "to", p.job.To, "state", p.entry.State, "reply", p.entry.Reply)
	}
	c.pending = nil
	c.ended(1)
}

// forsake gives up the pending outcome, which ends the run with an error.
func (c *courier) forsake(err error) error {
	p := c.pending
	if p.begun { // the ledger tells of it too, as uncertain; what it lacks are the words
		c.log.Info("an outcome is not recorded: the delivery will be uncertain",
			"issue", p.job.IssueID, "to", p.job.To, "state", p.entry.State, "reply", p.entry.Reply, "error", err)
	}
	err = fmt.Errorf("record that the message to %s of %s is %s: %w", p.job.To, p.job.IssueID, p.entry.State, err)
	c.pending = nil
	c.stop(err)
	return err
}
