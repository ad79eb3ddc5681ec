package mailer

import "time"

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
		select {
		case <-c.quit.Done():
		case j := <-c.jobs:
			if p := c.pack(j, true); p != nil {
				return p, nil
			}
		case <-idle.C:
			c.hangUp()
		}
	}
	return nil, nil
}

// ready gives the next parcel if there is one without waiting. After quit there is
// none: a job that may not go out any more lies among the jobs again.
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
	c.wake()
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
		c.yield(p.job)
		c.jobs <- p.job
	}
}

// longSend is after how long with one message another courier gets the next.
const longSend = 5 * time.Second

// carry sends a message. Where that takes long, what was looked ahead to goes back to
// the jobs meanwhile: it need not wait for minutes while others are idle. The server may
// have heard its envelope, so then we hang up; and look no further ahead until it is
// quick again, or a server that is always slow would see a connection for each message.
func (c *courier) carry(p *parcel) (string, *SendError) {
	began, ahead := time.Now(), c.ahead != nil
	if ahead {
		c.lending.Reset(longSend)
	}
	reply, serr := c.send(p.env, p.message)
	c.slow = time.Since(began) >= longSend
	if ahead && !c.lending.Stop() {
		<-c.lent
		c.withdraw()
	}
	return reply, serr
}

// lend puts back what was looked ahead to, from another goroutine. c.ahead is its own
// from when its time has come until it says that it is done.
func (c *courier) lend() {
	c.putBack()
	c.lent <- struct{}{}
}

// announcer is a [Conn] that can say the envelope of the message after the next one
// together with that, see [smtpConn].
type announcer interface {
	MayAnnounce() bool
	Announce(next Envelope)
	Announced() bool
}

// lookAhead finds the message after this one while there is one, so that it can be
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
	if c.ahead != nil && c.ahead.err == nil {
		a.Announce(c.ahead.env)
	}
}

// withdraw hangs up where the server waits for a message that must not be sent.
func (c *courier) withdraw() {
	if a, can := c.conn.(announcer); can && a.Announced() {
		c.hangUp()
	}
}
