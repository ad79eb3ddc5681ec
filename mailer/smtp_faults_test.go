package mailer

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"postrider/mailer/smtptest"
)

// A server that turns away, hangs up or says nothing before MAIL has no message;
// the error says where it happened.
func TestSMTPFaultsBeforeMail(t *testing.T) {
	now := time.Now()
	cert, pool, err := smtptest.Certificate(now, now.Add(time.Hour), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []smtptest.Verb{smtptest.Connect, smtptest.Ehlo, smtptest.Starttls, smtptest.Auth} {
		for _, action := range []smtptest.Action{{Reply: "421 4.3.2 too many connections"}, {Drop: true}, {Hang: true}} {
			t.Run(fmt.Sprintf("%s %+v", verb, action), func(t *testing.T) {
				opts := smtptest.Options{TLS: &tls.Config{Certificates: []tls.Certificate{cert}}, Username: "u", Password: "p",
					Script: func(step smtptest.Step) smtptest.Action {
						if step.Verb == verb {
							return action
						}
						return smtptest.Action{}
					}}
				cfg := SMTPConfig{Username: "u", Password: "p", TLS: &tls.Config{RootCAs: pool}}
				if action.Hang { // short only here, so that a slow machine changes nothing
					cfg.Timeouts.Dial = 200 * time.Millisecond
				}
				s, err := opened(t, opts, cfg)
				if err == nil || !strings.Contains(err.Error(), s.Host()) || loginRefused(err) {
					t.Errorf("got %v", err)
				}
				if s.Count(smtptest.Mail) > 0 {
					t.Error("the dialogue went on")
				}
			})
		}
	}
}

// What goes wrong around a message concerns none: in the RSET after a refusal, at
// the end of a connection, or in DATA before anything was sent.
func TestSMTPFaultsAround(t *testing.T) {
	for _, pipelining := range []bool{false, true} {
		for _, tt := range []struct {
			verb   smtptest.Verb
			action smtptest.Action
			code   int
		}{
			{smtptest.Rset, smtptest.Action{Reply: "421 4.3.2 going down"}, 550},
			{smtptest.Rset, smtptest.Action{Drop: true}, 550},
			{smtptest.Rset, smtptest.Action{Hang: true}, 550},
			{smtptest.Data, smtptest.Action{Reply: "421 4.3.2 going down"}, 421},
			{smtptest.Data, smtptest.Action{Hang: true}, 0},
		} {
			t.Run(fmt.Sprintf("%s %+v %v", tt.verb, tt.action, pipelining), func(t *testing.T) {
				s := startServer(t, smtptest.Options{Pipelining: pipelining, Script: func(step smtptest.Step) smtptest.Action {
					switch {
					case step.Verb == tt.verb && step.Count == 1:
						return tt.action
					case step.Verb == smtptest.Rcpt && tt.verb == smtptest.Rset:
						return smtptest.Action{Reply: "550 5.1.1 no such user"}
					}
					return smtptest.Action{}
				}})
				var short SMTPTimeouts
				if tt.action.Hang {
					short.Command = 20 * time.Millisecond
				}
				c := plainConn(t, s, SMTPConfig{Timeouts: short})
				_, err := c.Send(t.Context(), envelope(1), letter(1))
				serr, ok := errors.AsType[*SendError](err)
				if !ok || !serr.Broken || serr.Code != tt.code || (serr.Fate == Permanent) != (tt.verb == smtptest.Rset) {
					t.Errorf("got %+v", serr)
				}
				if len(s.Messages()) != 0 {
					t.Error("the server has a message")
				}
			})
		}
	}
}

// A server may wait for a message though it has refused its only recipient (RFC 2920,
// section 3.1): whatever is said next would be that message.
func TestSMTPDataToNobody(t *testing.T) {
	s := startServer(t, smtptest.Options{Pipelining: true, Eager: true, Script: func(step smtptest.Step) smtptest.Action {
		if step.Verb == smtptest.Rcpt {
			return smtptest.Action{Reply: "550 5.1.1 no such user"}
		}
		return smtptest.Action{}
	}})
	c := plainConn(t, s, SMTPConfig{Timeouts: SMTPTimeouts{Command: time.Second}})
	_, err := c.Send(t.Context(), envelope(1), letter(1))
	if serr, ok := errors.AsType[*SendError](err); !ok || serr.Fate != Permanent || !serr.Broken || serr.Status != "5.1.1" {
		t.Errorf("got %+v", serr)
	}
	s.Close()
	if n := len(s.Messages()); n != 0 || s.Count(smtptest.Data) != 1 || s.Count(smtptest.Body) != 0 {
		t.Errorf("the server has %d messages; %d lines were said to DATA", n, s.Count(smtptest.Body))
	}
}

func TestSMTPQuitFails(t *testing.T) {
	for _, action := range []smtptest.Action{{Reply: "421 4.3.2 bye"}, {Drop: true}, {Hang: true}} {
		s := startServer(t, smtptest.Options{Script: func(step smtptest.Step) smtptest.Action {
			if step.Verb == smtptest.Quit {
				return action
			}
			return smtptest.Action{}
		}})
		c := plainConn(t, s, SMTPConfig{Timeouts: SMTPTimeouts{Quit: 20 * time.Millisecond}})
		if _, err := c.Send(t.Context(), envelope(1), letter(1)); err != nil {
			t.Errorf("%+v: %v", action, err)
		}
		if err := c.Close(); err == nil {
			t.Errorf("%+v: the end went unnoticed", action)
		}
	}
}

// Replies may come octet by octet and on several lines.
func TestSMTPSplitReplies(t *testing.T) {
	for _, pipelining := range []bool{false, true} {
		s := startServer(t, smtptest.Options{Dribble: true, Pipelining: pipelining, Script: func(step smtptest.Step) smtptest.Action {
			if step.Verb == smtptest.Rcpt && step.Count == 2 {
				return smtptest.Action{Reply: "550-5.1.1 there is\n550-5.1.1 no such\n550 5.1.1 user"}
			}
			return smtptest.Action{}
		}})
		c := plainConn(t, s, SMTPConfig{})
		for n := range 3 {
			_, err := c.Send(t.Context(), envelope(n), letter(n))
			serr := asSendError(err)
			if (serr != nil) != (n == 1) || n == 1 && (serr.Reply != "550 5.1.1 there is no such user" || serr.Broken || !serr.NoMailbox()) {
				t.Errorf("message %d: %+v", n, serr)
			}
		}
		if n := len(s.Messages()); n != 2 {
			t.Errorf("the server has %d messages", n)
		}
	}
}

// A server that stops reading in the middle of a large message, and goes on, gets
// it whole; one that does not has none.
func TestSMTPSlowReader(t *testing.T) {
	message := append(letter(1), bytes.Repeat([]byte(strings.Repeat("x", 70)+"\r\n"), 1<<17)...)
	for _, action := range []smtptest.Action{{Delay: 100 * time.Millisecond}, {Delay: time.Hour}} {
		s := startServer(t, smtptest.Options{Script: func(step smtptest.Step) smtptest.Action {
			if step.Verb == smtptest.Body {
				return action
			}
			return smtptest.Action{}
		}})
		var cfg SMTPConfig
		if action.Delay == time.Hour {
			cfg.Timeouts.Write = 50 * time.Millisecond
		}
		_, err := plainConn(t, s, cfg).Send(t.Context(), envelope(1), message)
		if action.Delay < time.Hour {
			if err != nil || len(s.Messages()) != 1 || len(s.Messages()[0].Data) != len(message) {
				t.Errorf("%v, %d messages", err, len(s.Messages()))
			}
			continue
		}
		if serr := asSendError(err); serr == nil || serr.Fate != Retry || !serr.Broken {
			t.Errorf("a server that reads no more: %+v", serr)
		}
	}
}

// A relay that takes few messages on a connection gets many connections, and
// nobody waits for a retry.
func TestOutboxMessageLimit(t *testing.T) {
	for _, pipelining := range []bool{false, true} {
		s := startServer(t, smtptest.Options{Pipelining: pipelining, MaxMessages: 3})
		transport, err := NewSMTP(SMTPConfig{Host: s.Host(), Port: s.Port(), Security: NoTLS})
		if err != nil {
			t.Fatal(err)
		}
		m := newMemory(t, 60)
		o := outboxOn(m, transport)
		o.Fill = numbered
		if err := o.Run(t.Context(), func(context.Context) (bool, error) { return m.count(Queued)+m.count(Sending) == 0, nil }); err != nil {
			t.Fatal(err)
		}
		if len(s.Messages()) != 60 || m.count(Sent) != 60 {
			t.Errorf("pipelining %v: %d messages, %d sent, %d deferred", pipelining, len(s.Messages()), m.count(Sent), m.count(Deferred))
		}
	}
}

// A reply may be its code alone, in any of its lines (RFC 5321, section 4.2): after the
// dot it says that the message was taken.
func TestSMTPRepliesWithoutText(t *testing.T) {
	for says, want := range map[string]string{"250": "250", "250-taken\n250": "250 taken"} {
		for _, pipelining := range []bool{false, true} {
			s := startServer(t, smtptest.Options{Pipelining: pipelining, Script: func(step smtptest.Step) smtptest.Action {
				if step.Verb == smtptest.Dot {
					return smtptest.Action{Reply: says}
				}
				return smtptest.Action{}
			}})
			c := plainConn(t, s, SMTPConfig{})
			for n := range 3 {
				if reply, err := c.Send(t.Context(), envelope(n), letter(n)); err != nil || reply != want {
					t.Errorf("%q, pipelining %t: got %q, %v", says, pipelining, reply, err)
				}
			}
		}
	}
}

// The words of a lost connection are the same each time, whatever port was ours; what it was
// lost by can still be told.
func TestLostNamesNoPorts(t *testing.T) {
	var words []string
	for port := range 2 {
		serr := lost(Unknown, "read the answer to the message", &net.OpError{Op: "read", Net: "tcp",
			Source: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 40_000 + port},
			Addr:   &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 25},
			Err:    os.NewSyscallError("read", syscall.ECONNRESET)})
		if !errors.Is(serr.Err, syscall.ECONNRESET) {
			t.Errorf("%v is no reset", serr.Err)
		}
		words = append(words, serr.Err.Error())
	}
	const want = "connection to mail server lost: read the answer to the message: read: connection reset by peer"
	if words[0] != want || words[1] != want {
		t.Errorf("got %q, want %q", words, want)
	}
}
