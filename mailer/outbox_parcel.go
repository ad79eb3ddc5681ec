package mailer

import (
	"sync"
	"time"
)

// parcel is a job with its message, or why there is none.
type parcel struct {
	job
	message []byte
	env     Envelope
	err     error
}

// next waits for a job and makes its message; it gives nil when the run ends.
// Where none is ready the pending outcome does not wait for company, and after a
// while the connection is closed. After a failure of the transport it first rests.
func (c *courier) next() (*parcel, error) {
	if c.conn != nil && c.quit.Err() == nil {
		if p := c.ready(); p != nil {
			return p, nil
		}
	}
	if err := c.flush(); err != nil {
		return nil, err
	}
	if c.standsBy && !c.standBy() {
		return nil, nil
	}
	if c.failures > 0 && c.conn == nil {
		c.putBack() // others need not wait with us
		c.rest()
	}
	idle := time.NewTimer(idleTimeout)
	defer idle.Stop()
	for c.quit.Err() == nil {
		if p := c.ready(); p != nil {
			return p, nil
		}
		if p := c.await(idle.C); p != nil {
			return p, nil
		}
	}
	return nil, nil
}

// await waits for a job, or for something else to happen.
func (c *courier) await(idle <-chan time.Time) *parcel {
	c.waiting.Add(1)
	select {
	case <-c.quit.Done():
		c.waiting.Add(-1)
	case j := <-c.jobs:
		c.waiting.Add(-1)
		return c.pack(j, true)
	case <-idle:
		c.waiting.Add(-1)
		c.hangUp()
	}
	return nil
}

// ready gives the next parcel if there is one without waiting. After quit it packs none: a
// job that may not go out any more lies among the jobs again.
func (c *courier) ready() *parcel {
	if p := c.ahead; p != nil {
		c.ahead = nil
		return p
	}
	for c.quit.Err() == nil {
		select {
		case j := <-c.jobs:
			if p := c.pack(j, true); p != nil {
				return p
			}
		default:
			return nil
		}
	}
	return nil
}

// pack makes the message of a job that may go out now; it gives nil for one that
// may not, see [courier.admit]. It has the dispatcher refill jobs in time.
func (c *courier) pack(j job, patient bool) *parcel {
	if c.low() || c.lanes.asks.Load() {
		c.wake()
	}
	if !c.admit(j, patient) {
		return nil
	}
	p := &parcel{job: j}
	p.message, p.env, p.err = c.Fill(c.sending, c.spare[:0], j.Delivery)
	c.spare = nil
	return p
}

// putBack lets another courier have what this one looked ahead to.
func (c *courier) putBack() {
	if p := c.ahead; p != nil {
		c.ahead = nil
		c.handOn(p.job)
	}
}

// longSend is after how long with one message another courier gets the next, if one waits.
const longSend = 5 * time.Second

// carry sends a message. Where that takes long, what was looked ahead to goes to another
// courier meanwhile, so that it need not wait for minutes. The server may have heard its
// envelope, so then we hang up; and look no further ahead until it is quick again, or a
// server that is always slow would see a connection for each message.
func (c *courier) carry(p *parcel) (string, *SendError) {
	began, ahead := time.Now(), c.ahead != nil
	if ahead {
		c.loan.begin()
	}
	c.vigil.begin(c.crew.carried.Load())
	reply, serr := c.send(p)
	c.vigil.end()
	c.slow = time.Since(began) >= longSend
	if ahead && c.loan.end() {
		c.withdraw()
	}
	return reply, serr
}

// loan lends what a courier looked ahead to while it sends.
type loan struct {
	timer *time.Timer
	mu    sync.Mutex // while under way, c.ahead belongs to who holds it
	open  bool       // a message is on its way
	lent  bool
}

func (l *loan) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open, l.lent = true, false
	l.timer.Reset(longSend)
}

// end tells whether it was lent.
func (l *loan) end() bool {
	l.timer.Stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = false
	return l.lent
}

// lend is for when a message has been on its way for long: it puts back what was looked
// ahead to, unless nobody else would take it.
func (c *courier) lend() {
	c.loan.mu.Lock()
	defer c.loan.mu.Unlock()
	switch {
	case !c.loan.open || c.loan.lent:
	case c.waiting.Load() == 0:
		c.loan.timer.Reset(longSend)
	default:
		c.loan.lent = true
		c.putBack()
	}
}

// announcer is a [Conn] that can say the envelope of the message after the next one
// together with that, see [smtpConn].
type announcer interface {
	MayAnnounce() bool
	Announce(next Envelope)
	Announced() bool
}

// lookAhead finds the message after this one while there is one, where it can be
// announced.
func (c *courier) lookAhead() {
	a, can := c.conn.(announcer)
	if !can || c.slow || !a.MayAnnounce() || c.quit.Err() != nil {
		return
	}
	select {
	case j := <-c.jobs:
		c.ahead = c.pack(j, false)
	default:
	}
}

// announce has the envelope of the message after this one said together with it, unless
// the run has been told to end since that was found.
func (c *courier) announce() {
	if a, can := c.conn.(announcer); can && c.ahead != nil && c.ahead.err == nil && c.quit.Err() == nil {
		a.Announce(c.ahead.env)
	}
}

// withdraw hangs up where the server waits for a message that must not be sent.
func (c *courier) withdraw() {
	if a, can := c.conn.(announcer); can && a.Announced() {
		c.hangUp()
	}
}
