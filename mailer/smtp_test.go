package mailer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postrider/mailer/smtptest"
)

func startServer(t *testing.T, opts smtptest.Options) *smtptest.Server {
	t.Helper()
	s, err := smtptest.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) // a test may have closed it
	return s
}

// A connection is cut by the end of the context that it sends with, and of no other; one that
// is closed leaves nothing on it.
func TestSMTPWatchesOneContext(t *testing.T) {
	s := startServer(t, smtptest.Options{})
	c := plainConn(t, s, SMTPConfig{}).(*smtpConn)
	cut := func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.ended
	}
	first, end := context.WithCancel(t.Context())
	second, endSecond := context.WithCancel(t.Context())
	for n, ctx := range []context.Context{first, first, second} {
		if _, err := c.Send(ctx, envelope(n), letter(n)); err != nil {
			t.Fatal(err)
		}
	}
	end()
	if c.watched != second.Done() || cut() {
		t.Error("the end of a context that it sent with before cut the connection")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if c.stopWatch != nil || c.watched != nil {
		t.Error("a closed connection is still watched")
	}
	endSecond()
}

// plainConn opens a connection in clear text.
func plainConn(t *testing.T, s *smtptest.Server, cfg SMTPConfig) Conn {
	t.Helper()
	cfg.Host, cfg.Port, cfg.Security = s.Host(), s.Port(), NoTLS
	transport, err := NewSMTP(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c, err := transport.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func envelope(n int) Envelope {
	return Envelope{From: "bounce@example.org", To: fmt.Sprintf("r%d@example.com", n), MessageID: fmt.Sprintf("%d@example.org", n)}
}

func letter(n int) []byte {
	return fmt.Appendf(nil, "Message-ID: <%d@example.org>\r\nSubject: number %d\r\n\r\nHello\r\n", n, n)
}

func TestSMTPSends(t *testing.T) {
	for _, pipelining := range []bool{false, true} {
		t.Run(fmt.Sprintf("pipelining %v", pipelining), func(t *testing.T) {
			s := startServer(t, smtptest.Options{Pipelining: pipelining})
			c := plainConn(t, s, SMTPConfig{})
			for n := range 3 {
				reply, err := c.Send(t.Context(), envelope(n), letter(n))
				if err != nil || reply != fmt.Sprintf("250 2.0.0 taken as %d@example.org", n) {
					t.Fatalf("got %q, %v", reply, err)
				}
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			for n, m := range s.Messages() {
				if m.From != "bounce@example.org" || m.To != envelope(n).To || string(m.Data) != string(letter(n)) || m.Conn != 1 {
					t.Errorf("server took %+v", m)
				}
			}
			if len(s.Messages()) != 3 || s.Count(smtptest.Rset) != 0 || s.Count(smtptest.Noop) != 0 || s.Count(smtptest.Quit) != 1 {
				t.Errorf("%d messages, %d RSET, %d NOOP, %d QUIT", len(s.Messages()),
					s.Count(smtptest.Rset), s.Count(smtptest.Noop), s.Count(smtptest.Quit))
			}
		})
	}
}

func TestSMTPBytes(t *testing.T) {
	long := strings.Repeat("a line of a long message .\r\n", 10_000)
	tests := []struct{ name, message, want string }{
		{"dots", "a: b\r\n\r\n.\r\n..two\r\n.", "a: b\r\n\r\n.\r\n..two\r\n.\r\n"},
		{"an end of message inside", "a: b\r\n\r\nx\r\n.\r\nMAIL FROM:<evil@example.org>\r\n", "a: b\r\n\r\nx\r\n.\r\nMAIL FROM:<evil@example.org>\r\n"},
		{"bare line feeds", "a: b\n\nx\n.\ny", "a: b\r\n\r\nx\r\n.\r\ny\r\n"},
		{"empty", "", ""},
		{"more than one packet", long, long},
	}
	s := startServer(t, smtptest.Options{})
	c := plainConn(t, s, SMTPConfig{})
	for n, tt := range tests {
		if _, err := c.Send(t.Context(), envelope(n), []byte(tt.message)); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if got := string(s.Messages()[n].Data); got != tt.want {
			t.Errorf("%s: server read %.80q, want %.80q", tt.name, got, tt.want)
		}
	}
}

// Every way a server can fail one message, what that means for it, and whether
// the next one goes through: on the same connection unless it is broken.
func TestSMTPFaults(t *testing.T) {
	reply := func(words string) smtptest.Action { return smtptest.Action{Reply: words} }
	drop, hang := smtptest.Action{Drop: true}, smtptest.Action{Hang: true}
	tests := []struct {
		verb   smtptest.Verb
		action smtptest.Action
		fate   Fate
		broken bool
		gone   bool
		code   int
		took   int // how often the server has the message
	}{
		{smtptest.Mail, reply("451 4.3.0 later"), Retry, false, false, 451, 0},
		{smtptest.Mail, reply("550 5.1.8 bad sender"), Retry, false, false, 550, 0},
		{smtptest.Mail, reply("530 5.7.0 log in"), Retry, false, false, 530, 0},
		{smtptest.Mail, reply("421 4.3.2 going down"), Retry, true, false, 421, 0},
		{smtptest.Mail, drop, Retry, true, false, 0, 0},
		{smtptest.Mail, hang, Retry, true, false, 0, 0},
		{smtptest.Rcpt, reply("450 4.2.1 later"), Retry, false, false, 450, 0},
		{smtptest.Rcpt, reply("550 5.1.1 no such user"), Permanent, false, true, 550, 0},
		{smtptest.Rcpt, reply("550-5.1.1 no such\n550 5.1.1 user"), Permanent, false, true, 550, 0},
		{smtptest.Rcpt, reply("554 5.7.1 relay denied"), Permanent, false, false, 554, 0},
		{smtptest.Rcpt, reply("421 4.3.2 going down"), Retry, true, false, 421, 0},
		{smtptest.Rcpt, drop, Retry, true, false, 0, 0},
		{smtptest.Rcpt, hang, Retry, true, false, 0, 0},
		{smtptest.Data, reply("451 4.3.0 later"), Retry, false, false, 451, 0},
		{smtptest.Data, reply("554 5.7.1 no"), Permanent, false, false, 554, 0},
		{smtptest.Data, reply("250 2.0.0 what?"), Retry, true, false, 250, 0},
		{smtptest.Data, drop, Retry, true, false, 0, 0},
		{smtptest.Dot, reply("452 4.3.1 disk full"), Retry, false, false, 452, 0},
		{smtptest.Dot, reply("550 5.7.1 spam"), Permanent, false, false, 550, 0},
		{smtptest.Dot, reply("550 5.1.1 no such user"), Permanent, false, true, 550, 0},
		{smtptest.Dot, reply("421 4.3.2 going down"), Retry, true, false, 421, 0},
		{smtptest.Dot, reply("gibberish"), Unknown, true, false, 0, 0},
		{smtptest.Dot, drop, Unknown, true, false, 0, 0},
		{smtptest.Dot, hang, Unknown, true, false, 0, 0},
		{smtptest.Took, drop, Unknown, true, false, 0, 1},
		{smtptest.Took, hang, Unknown, true, false, 0, 1},
	}
	for _, pipelining := range []bool{false, true} {
		for _, tt := range tests {
			t.Run(fmt.Sprintf("%s %+v %v", tt.verb, tt.action, pipelining), func(t *testing.T) {
				s := startServer(t, smtptest.Options{Pipelining: pipelining, Script: func(step smtptest.Step) smtptest.Action {
					if step.Verb == tt.verb && step.Count == 1 {
						return tt.action
					}
					return smtptest.Action{}
				}})
				// Short only where the server hangs, so that a slow machine
				// changes nothing.
				var short SMTPTimeouts
				switch {
				case tt.action.Hang && (tt.verb == smtptest.Dot || tt.verb == smtptest.Took):
					short.Accept = 20 * time.Millisecond
				case tt.action.Hang:
					short.Command = 20 * time.Millisecond
				}
				c := plainConn(t, s, SMTPConfig{Timeouts: short})
				_, err := c.Send(t.Context(), envelope(1), letter(1))
				serr, ok := errors.AsType[*SendError](err)
				if !ok {
					t.Fatalf("got %v", err)
				}
				if serr.Fate != tt.fate || serr.Broken != tt.broken || serr.NoMailbox() != tt.gone || serr.Code != tt.code {
					t.Errorf("got fate %d, broken %v, no mailbox %v, code %d: %v", serr.Fate, serr.Broken, serr.NoMailbox(), serr.Code, err)
				}
				if n := len(s.Messages()); n != tt.took {
					t.Errorf("the server has it %d times, want %d", n, tt.took)
				}
				if serr.Broken {
					c.Close() // must not block on a dialogue out of step
					c = plainConn(t, s, SMTPConfig{})
				}
				if _, err := c.Send(t.Context(), envelope(2), letter(2)); err != nil {
					t.Errorf("the next message: %v", err)
				}
				if m := s.Messages(); len(m) != tt.took+1 || m[tt.took].ID != "2@example.org" {
					t.Errorf("the server took %+v", m)
				}
			})
		}
	}
}

// A server that drops the connection while it reads cannot have the message.
func TestSMTPDropInBody(t *testing.T) {
	s := startServer(t, smtptest.Options{Script: func(step smtptest.Step) smtptest.Action {
		return smtptest.Action{Drop: step.Verb == smtptest.Body}
	}})
	c := plainConn(t, s, SMTPConfig{})
	message := append(letter(1), strings.Repeat(strings.Repeat("x", 70)+"\r\n", 1<<18)...)
	_, err := c.Send(t.Context(), envelope(1), message)
	serr, ok := errors.AsType[*SendError](err)
	if !ok || serr.Fate != Retry || !serr.Broken {
		t.Errorf("got %+v", serr)
	}
}

func TestSMTPSpent(t *testing.T) {
	s := startServer(t, smtptest.Options{})
	c := plainConn(t, s, SMTPConfig{MaxMessages: 2})
	var got []bool
	for n := range 2 {
		got = append(got, c.(*smtpConn).Spent())
		if _, err := c.Send(t.Context(), envelope(n), letter(n)); err != nil {
			t.Fatal(err)
		}
	}
	if got = append(got, c.(*smtpConn).Spent()); !slices.Equal(got, []bool{false, false, true}) {
		t.Errorf("spent: %v", got)
	}
}

// Ending the context cuts a silent server off, in a message and in the greeting.
func TestSMTPContext(t *testing.T) {
	for verb, fate := range map[smtptest.Verb]Fate{smtptest.Rcpt: Retry, smtptest.Dot: Unknown} {
		ctx, cancel := context.WithCancel(t.Context())
		s := startServer(t, smtptest.Options{Script: func(step smtptest.Step) smtptest.Action {
			if step.Verb == verb {
				cancel()
				return smtptest.Action{Hang: true}
			}
			return smtptest.Action{}
		}})
		_, err := plainConn(t, s, SMTPConfig{}).Send(ctx, envelope(1), letter(1))
		serr, ok := errors.AsType[*SendError](err)
		if !ok || serr.Fate != fate || !serr.Broken || !errors.Is(err, context.Canceled) {
			t.Errorf("in %s: %v", verb, err)
		}
	}
	for _, verb := range []smtptest.Verb{smtptest.Connect, smtptest.Ehlo, smtptest.Auth} {
		ctx, cancel := context.WithCancel(t.Context())
		s := startServer(t, smtptest.Options{Username: "u", Password: "p", Script: func(step smtptest.Step) smtptest.Action {
			if step.Verb == verb {
				cancel()
				return smtptest.Action{Hang: true}
			}
			return smtptest.Action{}
		}})
		transport, err := NewSMTP(SMTPConfig{Host: s.Host(), Port: s.Port(), Security: NoTLS, Username: "u", Password: "p"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := transport.Open(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("in %s: %v", verb, err)
		}
	}
}
