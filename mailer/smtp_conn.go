package mailer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

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
	broken     bool      // dialogue and connection disagree: no QUIT
	next       *Envelope // to be said behind the message that is sent now
	said       *announced
	dotted     []byte // room for messages that are not Dotless

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

// Spent tells whether the connection has carried as many messages as it should.
func (c *smtpConn) Spent() bool { return c.sent >= c.cfg.MaxMessages }

// Close says QUIT if the dialogue is sound and ends the connection.
func (c *smtpConn) Close() error {
	defer c.abort()
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
	stop := context.AfterFunc(ctx, c.abort)
	defer stop()
	defer func() { c.next = nil }()
	reply, serr := c.transaction(env, message)
	if serr == nil {
		return reply, nil
	}
	if serr.Broken {
		c.broken = true
		c.abort()
		if cause := context.Cause(ctx); cause != nil && serr.Code == 0 {
			serr.Err = errors.Join(serr.Err, cause)
		}
	}
	return "", serr
}

func (c *smtpConn) transaction(env Envelope, message []byte) (string, *SendError) {
	commands, said, serr := c.expected(env)
	if serr != nil {
		return "", serr
	}
	if serr := c.envelope(commands, said); serr != nil {
		return "", c.reset(serr)
	}
	if serr := c.write(env, message); serr != nil {
		return "", serr
	}
	return c.acceptance()
}

// commands are what begins a transaction.
func (c *smtpConn) commands(env Envelope) ([]command, *SendError) {
	utf8, serr := c.checkEnvelope(env)
	if serr != nil {
		return nil, serr
	}
	mailCmd := "MAIL FROM:<" + env.From + ">"
	if utf8 {
		mailCmd += " SMTPUTF8"
	}
	return []command{
		{atMail, mailCmd, 2},
		{atRcpt, "RCPT TO:<" + env.To + ">", 2},
		{atData, "DATA", 3},
	}, nil
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

// command is one line of the envelope and the class of reply that accepts it.
type command struct {
	at   stage
	line string
	want int
}

// envelope speaks the commands up to DATA, unless they have been said. The first
// refusal counts; the answers to what was pipelined behind it are read and dropped.
func (c *smtpConn) envelope(commands []command, said bool) (first *SendError) {
	if c.pipelining && !said {
		if err := c.say(commands...); err != nil {
			return lost(Retry, "speak the envelope", err)
		}
	}
	for _, cmd := range commands {
		if !c.pipelining {
			if err := c.say(cmd); err != nil {
				return lost(Retry, "say "+string(cmd.at), err)
			}
		}
		code, text, err := c.read(c.cfg.Timeouts.Command)
		switch {
		case err != nil && first == nil:
			return lost(Retry, "read the answer to "+string(cmd.at), err)
		case err != nil:
			first.Broken = true
			return first
		case code/100 == cmd.want && first != nil && cmd.at == atData:
			// The server waits for a message to nobody. Only hanging up
			// makes sure that it gets none.
			first.Broken = true
		case code/100 != cmd.want && first == nil:
			first = refusal(cmd.at, code, text)
			if !c.pipelining || first.Broken {
				return first
			}
		}
	}
	return first
}

// say writes command lines in one packet.
func (c *smtpConn) say(commands ...command) error {
	if err := c.sc.UpdateDeadline(c.cfg.Timeouts.Command); err != nil {
		return err
	}
	if _, err := c.sc.Text.W.Write(appendCommands(nil, commands)); err != nil {
		return err
	}
	return c.sc.Text.W.Flush()
}

func appendCommands(dst []byte, commands []command) []byte {
	for _, cmd := range commands {
		dst = append(append(dst, cmd.line...), "\r\n"...)
	}
	return dst
}

// read reads one reply, whose lines it joins by "\n". One that has come already,
// with the reply to what was said before, needs no new deadline.
func (c *smtpConn) read(timeout time.Duration) (code int, text string, err error) {
	r := c.sc.Text.R
	if come, _ := r.Peek(r.Buffered()); bytes.IndexByte(come, '\n') < 0 {
		if err := c.sc.UpdateDeadline(timeout); err != nil {
			return 0, "", err
		}
	}
	return c.sc.Text.ReadResponse(0)
}

// reset clears the transaction after a refusal, so that the next message finds
// the connection clean.
func (c *smtpConn) reset(serr *SendError) *SendError {
	if serr.Broken {
		return serr
	}
	if err := c.say(command{line: "RSET"}); err != nil {
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

// lost is the error of a connection that fails under us.
func lost(fate Fate, doing string, err error) *SendError {
	return &SendError{Fate: fate, Broken: true, Err: fmt.Errorf("connection to mail server lost: %s: %w", doing, err)}
}
