package smtptest

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/mail"
	"net/textproto"
	"strings"
	"time"
)

// errEnd ends a session: the script or the protocol wants it so.
var errEnd = errors.New("session ended")

// session is one connection.
type session struct {
	*Server
	conn  net.Conn
	text  *textproto.Conn
	n     int
	step  Step // From and To of the transaction
	sent  int
	tls   bool
	login bool // authenticated
	rcpt  bool // a recipient was accepted
	body  []byte
}

func newSession(s *Server, conn net.Conn, n int) *session {
	return &session{Server: s, conn: conn, n: n}
}

func (c *session) serve() {
	if c.opts.Implicit {
		c.conn, c.tls = tls.Server(c.conn, c.opts.TLS), true
	}
	c.text = textproto.NewConn(c.conn)
	if !c.greet() {
		c.answer(Connect, "", "421 4.7.0 too many connections") // it ends in any case
		return
	}
	defer c.part()
	if c.answer(Connect, "", "220 smtptest ready") != nil {
		return
	}
	for {
		line, err := c.text.ReadLine()
		if err != nil {
			return
		}
		verb, arg, _ := strings.Cut(line, " ")
		if c.command(Verb(strings.ToUpper(verb)), arg) != nil {
			return
		}
	}
}

// command carries out one line of the client. An error ends the session.
func (c *session) command(verb Verb, arg string) error {
	switch verb {
	case Ehlo, "HELO":
		return c.answer(Ehlo, arg, c.greeting())
	case Starttls:
		return c.startTLS()
	case Auth:
		return c.auth(arg)
	case Mail:
		return c.mail(arg)
	case Rcpt:
		return c.recipient(arg)
	case Data:
		return c.data()
	case Rset:
		c.clear()
		return c.answer(Rset, arg, "250 2.0.0 cleared")
	case Noop:
		return c.answer(Noop, arg, "250 2.0.0 fine")
	case Quit:
		c.answer(Quit, arg, "221 2.0.0 bye") // it ends in any case
		return errEnd
	}
	return c.say("500 5.5.1 unknown command")
}

func (c *session) greeting() string {
	lines := []string{"smtptest"}
	if c.opts.TLS != nil && !c.tls {
		lines = append(lines, "STARTTLS")
	}
	if c.opts.Username != "" {
		lines = append(lines, "AUTH PLAIN LOGIN")
	}
	if c.opts.Pipelining {
		lines = append(lines, "PIPELINING")
	}
	if c.opts.SMTPUTF8 {
		lines = append(lines, "8BITMIME", "SMTPUTF8")
	}
	return "250-" + strings.Join(lines, "\n250-") + "\n250 ENHANCEDSTATUSCODES"
}

func (c *session) startTLS() error {
	if c.opts.TLS == nil || c.tls {
		return c.say("502 5.5.1 no STARTTLS here")
	}
	if ok, err := c.permit(Starttls, ""); !ok {
		return err
	}
	if err := c.say("220 2.0.0 go ahead"); err != nil {
		return err
	}
	secured := tls.Server(c.conn, c.opts.TLS)
	if err := secured.Handshake(); err != nil {
		return err
	}
	c.conn, c.text, c.tls = secured, textproto.NewConn(secured), true
	return nil
}

func (c *session) mail(arg string) error {
	switch {
	case c.opts.Username != "" && !c.login:
		return c.say("530 5.7.0 log in first")
	case c.step.From != "":
		return c.say("503 5.5.1 sender already given")
	case c.opts.MaxMessages > 0 && c.sent >= c.opts.MaxMessages:
		c.say("421 4.7.0 too many messages on this connection") // it ends in any case
		return errEnd
	}
	c.step.From = path(arg)
	ok, err := c.permit(Mail, arg)
	if !ok {
		c.clear()
		return err
	}
	return c.say("250 2.1.0 sender fine")
}

func (c *session) recipient(arg string) error {
	if c.step.From == "" {
		return c.say("503 5.5.1 MAIL first")
	}
	c.step.To = path(arg)
	if ok, err := c.permit(Rcpt, arg); !ok {
		return err
	}
	c.rcpt = true
	return c.say("250 2.1.5 recipient fine")
}

// path is what stands between the angle brackets.
func path(arg string) string {
	_, rest, _ := strings.Cut(arg, "<")
	inner, _, _ := strings.Cut(rest, ">")
	return inner
}

func (c *session) clear() { c.step, c.rcpt = Step{}, false }

func (c *session) data() error {
	if !c.rcpt && !c.opts.Eager {
		return c.say("554 5.5.1 no valid recipients")
	}
	if ok, err := c.permit(Data, ""); !ok {
		return err
	}
	if err := c.say("354 end with a dot"); err != nil {
		return err
	}
	if err := c.readBody(); err != nil {
		return err
	}
	defer c.clear()
	if ok, err := c.permit(Dot, ""); !ok {
		return err
	}
	m := c.message()
	c.keep(m)
	c.sent++
	if ok, err := c.permit(Took, ""); !ok {
		return err
	}
	if err := c.say("250 2.0.0 taken as " + m.ID); err != nil {
		return err
	}
	c.accepted(m)
	_, err := c.permit(Done, "")
	return err
}

// readBody reads the message up to its dot into c.body, and asks the script
// after the first line.
func (c *session) readBody() error {
	c.body = c.body[:0]
	for first, start := true, true; ; {
		piece, err := c.text.R.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if start && bytes.Equal(piece, []byte(".\r\n")) {
			return nil
		}
		if start {
			piece = bytes.TrimPrefix(piece, []byte("."))
		}
		c.body = append(c.body, piece...)
		start = err == nil
		if first && start {
			first = false
			if ok, err := c.permit(Body, ""); !ok {
				return errors.Join(err, errEnd)
			}
		}
	}
}

func (c *session) message() *Message {
	m := &Message{From: c.step.From, To: c.step.To, Size: len(c.body), Conn: c.n, At: time.Now()}
	if parsed, err := mail.ReadMessage(bytes.NewReader(c.body)); err == nil {
		m.ID = strings.Trim(parsed.Header.Get("Message-ID"), "<> ")
	}
	if !c.opts.Discard {
		m.Data = bytes.Clone(c.body)
	}
	return m
}

// answer says reply unless the script wants otherwise.
func (c *session) answer(verb Verb, arg, reply string) error {
	if ok, err := c.permit(verb, arg); !ok {
		return err
	}
	return c.say(reply)
}

// permit asks the script. It reports false when the script has given the
// answer itself, or, with an error, ended the session.
func (c *session) permit(verb Verb, arg string) (bool, error) {
	step := c.step
	step.Verb, step.Conn, step.Arg = verb, c.n, arg
	a := c.ask(step)
	if a.Delay > 0 {
		select {
		case <-time.After(a.Delay):
		case <-c.done:
		}
	}
	switch {
	case a.Hang:
		io.Copy(io.Discard, c.conn) // ends with the connection
		return false, errEnd
	case a.Drop:
		return false, errEnd
	case a.Reply == "" || verb == Done:
		return true, nil
	}
	if err := c.say(a.Reply); err != nil {
		return false, err
	}
	if strings.HasPrefix(a.Reply, "421") {
		return false, errEnd
	}
	return false, nil
}

func (c *session) say(reply string) error {
	reply = strings.ReplaceAll(reply, "\n", "\r\n")
	if !c.opts.Dribble {
		return c.text.PrintfLine("%s", reply)
	}
	for _, octet := range []byte(reply + "\r\n") {
		if _, err := c.conn.Write([]byte{octet}); err != nil {
			return err
		}
	}
	return nil
}
