package mailer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"github.com/wneessen/go-mail/smtp"
)

// smtpConn is a logged-in connection. A message is one transaction (RFC 5321,
// section 3.3) of four round trips; of two where the server offers PIPELINING (RFC
// 2920), and of one where its envelope was announced with the message before, see
// [smtpConn.Announce].
type smtpConn struct {
	cfg        *SMTPConfig
	sc         *smtp.Client
	utf8       bool // the server offers SMTPUTF8 (RFC 6531)
	pipelining bool
	sent       int
	broken     bool     // dialogue and connection disagree: no QUIT
	next       *opening // to be said behind the message that is sent now
	said       *opening // has been said, to DATA; the replies are unread
	dotted     []byte   // room for messages that are not Dotless
	line       []byte   // room for commands
	reading    deadline
	writing    deadline
	watched    <-chan struct{} // whose end cuts the connection
	stopWatch  func() bool

	mu    sync.Mutex // abort may come from another goroutine
	tcp   net.Conn
	ended bool
}

func (c *smtpConn) setTCP(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tcp = conn
	if c.ended {
		conn.Close()
	}
}

// abort ends the connection at once and lets whoever reads or writes fail. It
// closes the TCP connection below TLS, whose Close waits to say goodbye.
func (c *smtpConn) abort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	if c.tcp != nil {
		c.tcp.Close()
	}
}

// watch has the end of ctx cut the connection from now on, also between messages. A
// sender has one context for all of them, and to watch it anew for each costs as much as to
// read a reply.
func (c *smtpConn) watch(ctx context.Context) {
	if c.watched != nil && c.watched == ctx.Done() {
		return
	}
	c.unwatch()
	c.watched = ctx.Done()
	c.stopWatch = context.AfterFunc(ctx, c.abort)
}

func (c *smtpConn) unwatch() {
	if c.stopWatch != nil {
		c.stopWatch()
	}
	c.watched, c.stopWatch = nil, nil
}

// Spent tells whether the connection has carried as many messages as it should.
func (c *smtpConn) Spent() bool { return c.sent >= c.cfg.MaxMessages }

// Close says QUIT if the dialogue is sound and ends the connection.
func (c *smtpConn) Close() error {
	defer c.abort()
	defer c.unwatch()
	if c.broken || c.said != nil {
		return nil // in DATA only hanging up says that there is no message
	}
	if err := c.sc.UpdateDeadline(c.cfg.Timeouts.Quit); err != nil {
		return fmt.Errorf("end connection to mail server: %w", err)
	}
	if err := c.sc.Quit(); err != nil {
		return fmt.Errorf("end connection to mail server: %w", err)
	}
	return nil
}

// Send brings one message and returns the server's words. When ctx ends the
// connection is cut: the error then says whether that was before or after the
// final dot.
func (c *smtpConn) Send(ctx context.Context, env Envelope, message []byte) (string, error) {
	c.sent++
	c.watch(ctx)
	reply, serr := c.transaction(env, message)
	c.next = nil
	if serr == nil {
		return reply, nil
	}
	if serr.Broken {
		c.broken = true
		c.abort()
		if cause := context.Cause(ctx); cause != nil && serr.Code == 0 {
			serr.Err = fmt.Errorf("connection to mail server cut, as this process was told to end: %w", cause)
		}
	}
	return "", serr
}

func (c *smtpConn) transaction(env Envelope, message []byte) (string, *SendError) {
	o, said, serr := c.expected(env)
	if serr != nil {
		return "", serr
	}
	if serr := c.open(o, said); serr != nil {
		return "", c.reset(serr)
	}
	if serr := c.write(env, message); serr != nil {
		return "", serr
	}
	return c.acceptance()
}

// checkEnvelope tells whether the addresses need SMTPUTF8, and refuses those
// that cannot be said in a command.
func (c *smtpConn) checkEnvelope(env Envelope) (utf8 bool, _ *SendError) {
	const forbidden = "\r\n<> \x00"
	switch {
	case strings.ContainsAny(env.From, forbidden):
		return false, &SendError{Fate: Retry, Err: fmt.Errorf("return path %q is not an address", env.From)}
	case strings.ContainsAny(env.To, forbidden) || env.To == "":
		return false, &SendError{Fate: Permanent, Err: fmt.Errorf("recipient %q is not an address", env.To)}
	case ascii(env.To) && ascii(env.From):
		return false, nil
	case c.utf8:
		return true, nil
	case ascii(env.To):
		return false, &SendError{Fate: Retry, Err: fmt.Errorf("the mail server does not offer SMTPUTF8, which the return path %s needs", env.From)}
	}
	return false, &SendError{Fate: Permanent, Status: "5.6.7",
		Err: fmt.Errorf("the mail server does not offer SMTPUTF8, which the address %s needs: it has letters beyond ASCII before the @", env.To)}
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

// opening is an envelope that can be said, and how.
type opening struct {
	Envelope
	utf8 bool
}

func (c *smtpConn) opening(env Envelope) (opening, *SendError) {
	utf8, serr := c.checkEnvelope(env)
	return opening{env, utf8}, serr
}

// step is one command of an opening and the class of reply that accepts it.
type step struct {
	at   stage
	want int
}

// openingSteps are the commands that begin a transaction.
func openingSteps() [3]step { return [...]step{{atMail, 2}, {atRcpt, 2}, {atData, 3}} }

// appendStep appends the line of a command.
func (o *opening) appendStep(dst []byte, at stage) []byte {
	switch at {
	case atMail:
		dst = append(append(append(dst, "MAIL FROM:<"...), o.From...), '>')
		if o.utf8 {
			dst = append(dst, " SMTPUTF8"...)
		}
	case atRcpt:
		dst = append(append(append(dst, "RCPT TO:<"...), o.To...), '>')
	case atData:
		dst = append(dst, "DATA"...)
	}
	return append(dst, "\r\n"...)
}

// appendAll appends the lines of all commands.
func (o *opening) appendAll(dst []byte) []byte {
	for _, step := range openingSteps() {
		dst = o.appendStep(dst, step.at)
	}
	return dst
}

// open speaks the commands up to DATA, unless they have been said. The first
// refusal counts; the answers to what was pipelined behind it are read and dropped.
func (c *smtpConn) open(o *opening, said bool) (first *SendError) {
	if c.pipelining && !said {
		if err := c.say(o.appendAll(c.line[:0])); err != nil {
			return lost(Retry, "speak the envelope", err)
		}
	}
	for _, step := range openingSteps() {
		if !c.pipelining {
			if err := c.say(o.appendStep(c.line[:0], step.at)); err != nil {
				return lost(Retry, "say "+string(step.at), err)
			}
		}
		code, text, err := c.read(c.cfg.Timeouts.Command)
		switch {
		case err != nil && first == nil:
			return lost(Retry, "read the answer to "+string(step.at), err)
		case err != nil:
			first.Broken = true
			return first
		case code/100 == step.want && first != nil && step.at == atData:
			// The server waits for a message to nobody. Only hanging up
			// makes sure that it gets none.
			first.Broken = true
		case code/100 != step.want && first == nil:
			first = refusal(step.at, code, text)
			if !c.pipelining || first.Broken {
				return first
			}
		}
	}
	return first
}

// say writes commands in one packet.
func (c *smtpConn) say(lines []byte) error {
	c.line = lines
	if err := c.writing.extend(c.cfg.Timeouts.Command); err != nil {
		return err
	}
	if _, err := c.sc.Text.W.Write(lines); err != nil {
		return err
	}
	return c.sc.Text.W.Flush()
}

// reset clears the transaction after a refusal, so that the next message finds
// the connection clean.
func (c *smtpConn) reset(serr *SendError) *SendError {
	if serr.Broken {
		return serr
	}
	if err := c.say(append(c.line[:0], "RSET\r\n"...)); err != nil {
		serr.Broken = true
		return serr
	}
	if code, _, err := c.read(c.cfg.Timeouts.Command); err != nil || code/100 != 2 {
		serr.Broken = true
	}
	return serr
}

// acceptance reads the answer to the final dot. From here on silence no longer
// means that the message was not taken.
func (c *smtpConn) acceptance() (string, *SendError) {
	code, text, err := c.read(c.cfg.Timeouts.Accept)
	switch {
	case err != nil:
		return "", lost(Unknown, "read the answer to the message", err)
	case code/100 == 2:
		return oneLine(code, enhancedStatus(code, text), text), nil
	}
	return "", refusal(atDot, code, text)
}

// lost is the error of a connection that fails under us. It leaves out the addresses of both
// ends: ours has another port each time, and equal errors are told once.
func lost(fate Fate, doing string, err error) *SendError {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	return &SendError{Fate: fate, Broken: true, Err: fmt.Errorf("connection to mail server lost: %s: %w", doing, err)}
}
