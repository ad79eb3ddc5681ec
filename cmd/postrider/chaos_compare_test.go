//go:build unix

package main

import (
	"bytes"
	"context"
	"time"

	"postrider/mailer"
	"postrider/store"
)

// note remembers what the ledger says was sent.
func (c *chaos) note() {
	sent := make(map[string]bool)
	for _, email := range c.ledger().in(mailer.Sent) {
		sent[email] = true
	}
	c.sent = append(c.sent, sent)
}

// later has an hour pass, in which no domain rests any longer and all that waits for its
// time is due, and queues deliveries again that ended.
func (c *chaos) later(states ...mailer.DeliveryState) {
	c.t.Helper()
	for _, passes := range []string{"DELETE FROM domain_rest", "UPDATE delivery SET due_at = 0 WHERE due_at IS NOT NULL"} {
		if err := runSQL(c.path("postrider.db"), passes); err != nil {
			c.t.Error(err)
		}
	}
	id := c.ledger().issue.ID
	if id == "" {
		return
	}
	c.look(func(ctx context.Context, st *store.Store) {
		if _, err := st.RetryDeliveries(ctx, id, states, time.Now()); err != nil {
			c.t.Error(err)
		}
	})
}

// finish sends the rest to a relay in a better mood.
func (c *chaos) finish(states ...mailer.DeliveryState) {
	c.t.Helper()
	c.uneasy.mu.Lock()
	c.uneasy.left = 0
	c.uneasy.mu.Unlock()
	c.relay.begin(len(c.sent))
	c.note()
	p := c.start("digest", "send", "--yes")
	<-p.ended
	c.later(states...)
	p = c.start("deliver", "--until-idle")
	<-p.ended
}

// compare holds what the relay has against the promise and tells how many messages
// came twice.
func (c *chaos) compare() (twice int) {
	c.t.Helper()
	last := make(map[int]int) // the last message of each connection
	messages := c.relay.Messages()
	for i, m := range messages {
		last[m.Conn] = i
	}
	copies := make(map[string][]int)
	for i, m := range messages {
		copies[m.To] = append(copies[m.To], i)
	}
	for email, at := range copies {
		for n, i := range at {
			m, life := messages[i], c.relay.lives[messages[i].Conn]
			if c.sent[life][email] {
				c.t.Errorf("%s is brought a message in life %d, after the ledger said it was sent", email, life)
			}
			if n == 0 {
				continue
			}
			twice++
			before := messages[at[n-1]]
			if last[before.Conn] != at[n-1] {
				c.t.Errorf("%s is brought another message, though the first was not the last of its connection", email)
			}
			if m.ID == "" || m.ID != before.ID || !bytes.Equal(m.Data, before.Data) {
				c.t.Errorf("%s is brought two different messages, %s and %s", email, m.ID, before.ID)
			}
		}
	}
	return twice
}

// report says what the run was, for the log of `make chaos`.
func (c *chaos) report(kills, twice int) {
	c.t.Helper()
	n := 0
	for _, made := range c.uneasy.made {
		n += made
	}
	c.t.Logf("%d readers, %d kills, %d stops, %d faults of the relay %v; %d messages at the relay, %d twice",
		len(c.active), kills, c.stops, n, c.uneasy.made, len(c.relay.Messages()), twice)
}
