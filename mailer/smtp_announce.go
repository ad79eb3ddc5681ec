package mailer

import "errors"

// Announce has the next Send say the envelope of the message that will come after
// it in the same breath: the end of a message may begin a group of commands (RFC
// 2920, section 3.1). The server then waits for that message's content, and nothing
// of it goes out before its own Send. It must be the next one sent; where it is
// not, for its reader has left meanwhile, only closing the connection is right,
// and the server has no message.
func (c *smtpConn) Announce(next Envelope) { c.next = &next }

// MayAnnounce tells whether the server offers PIPELINING and the connection may
// carry a message after the next one.
func (c *smtpConn) MayAnnounce() bool { return c.pipelining && c.sent+1 < c.cfg.MaxMessages }

// Announced tells whether the server waits for the content of an announced message.
func (c *smtpConn) Announced() bool { return c.said != nil }

// announced is an envelope that has been said, to DATA; the replies are unread.
type announced struct {
	env      Envelope
	commands []command
}

// expected gives the commands of an envelope, and tells whether they have been said.
func (c *smtpConn) expected(env Envelope) (_ []command, said bool, _ *SendError) {
	a := c.said
	c.said = nil
	switch {
	case a == nil:
		commands, serr := c.commands(env)
		return commands, false, serr
	case a.env != env:
		return nil, false, lost(Retry, "speak the envelope", errors.New("another message was announced"))
	}
	return a.commands, true, nil
}

// announcement gives the commands of the next message. One that cannot be said in
// a command is not announced; its own Send tells why.
func (c *smtpConn) announcement() []command {
	if c.next == nil {
		return nil
	}
	commands, serr := c.commands(*c.next)
	if serr == nil {
		c.said = &announced{*c.next, commands}
	}
	return commands
}
