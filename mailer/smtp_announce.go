package mailer

import "errors"

// Announce has the next Send say the envelope of the message that will come after
// it in the same breath: the end of a message may begin a group of commands (RFC
// 2920, section 3.1). The server then waits for that message's content, and nothing
// of it goes out before its own Send. It must be the next one sent; where it is
// not, for its reader has left meanwhile, only closing the connection is right,
// and the server has no message.
func (c *smtpConn) Announce(next Envelope) {
	if o, serr := c.opening(next); serr == nil { // else its own Send tells why
		c.next = &o
	}
}

// MayAnnounce tells whether the server offers PIPELINING and the connection may
// carry a message after the next one.
func (c *smtpConn) MayAnnounce() bool { return c.pipelining && c.sent+1 < c.cfg.MaxMessages }

// Announced tells whether the server waits for the content of an announced message.
func (c *smtpConn) Announced() bool { return c.said != nil }

// expected gives the opening of an envelope, and tells whether it has been said.
func (c *smtpConn) expected(env Envelope) (_ *opening, said bool, _ *SendError) {
	o := c.said
	c.said = nil
	switch {
	case o == nil:
		o, serr := c.opening(env)
		return &o, false, serr
	case o.Envelope != env:
		return nil, false, lost(Retry, "speak the envelope", errors.New("another message was announced"))
	}
	return o, true, nil
}

// appendNext appends what announces the next message, if there is one to announce.
func (c *smtpConn) appendNext(dst []byte) []byte {
	if c.next == nil {
		return dst
	}
	c.said = c.next
	return c.said.appendAll(dst)
}
