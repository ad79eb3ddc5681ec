package mailer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postrider/mailer/smtptest"
	"postrider/newsletter"
)

// announce sends n and announces the next.
func announce(t *testing.T, c Conn, n int) error {
	t.Helper()
	c.(announcer).Announce(envelope(n + 1))
	_, err := c.Send(t.Context(), envelope(n), letter(n))
	return err
}

func TestSMTPAnnounces(t *testing.T) {
	var order []string
	s := startServer(t, smtptest.Options{Pipelining: true, Script: func(step smtptest.Step) smtptest.Action {
		if step.Verb == smtptest.Mail || step.Verb == smtptest.Done || step.Verb == smtptest.Data {
			order = append(order, string(step.Verb))
		}
		return smtptest.Action{}
	}})
	c := plainConn(t, s, SMTPConfig{MaxMessages: 3})
	for n := range 3 {
		if may := c.(announcer).MayAnnounce(); may != (n < 2) {
			t.Errorf("message %d may announce another: %v", n, may)
		}
		if n == 2 {
			if _, err := c.Send(t.Context(), envelope(n), letter(n)); err != nil {
				t.Fatal(err)
			}
			break
		}
		if err := announce(t, c, n); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	s.Close()
	for n, m := range s.Messages() {
		if m.To != envelope(n).To || string(m.Data) != string(letter(n)) || !m.Accepted {
			t.Errorf("message %d: %+v", n, m)
		}
	}
	if got := strings.Join(order, " "); len(s.Messages()) != 3 || got != strings.TrimSpace(strings.Repeat("MAIL DATA DONE ", 3)) {
		t.Errorf("%d messages, in the order %s", len(s.Messages()), got)
	}
}

// A server says what it thinks of an announced message before it has it.
func TestSMTPAnnouncedIsRefused(t *testing.T) {
	for _, tt := range []struct {
		verb   smtptest.Verb
		action smtptest.Action
		fate   Fate
		broken bool
	}{
		{smtptest.Mail, smtptest.Action{Reply: "451 4.3.0 later"}, Retry, false},
		{smtptest.Rcpt, smtptest.Action{Reply: "550 5.1.1 no such user"}, Permanent, false},
		{smtptest.Rcpt, smtptest.Action{Reply: "421 4.7.0 enough"}, Retry, true},
		{smtptest.Data, smtptest.Action{Reply: "451 4.3.0 later"}, Retry, false},
		{smtptest.Data, smtptest.Action{Drop: true}, Retry, true},
		{smtptest.Dot, smtptest.Action{Drop: true}, Unknown, true},
		{smtptest.Took, smtptest.Action{Drop: true}, Unknown, true},
	} {
		t.Run(fmt.Sprintf("%s %+v", tt.verb, tt.action), func(t *testing.T) {
			s := startServer(t, smtptest.Options{Pipelining: true, Script: func(step smtptest.Step) smtptest.Action {
				if step.Verb == tt.verb && step.Count == 2 {
					return tt.action
				}
				return smtptest.Action{}
			}})
			c := plainConn(t, s, SMTPConfig{})
			if err := announce(t, c, 1); err != nil {
				t.Fatalf("the message before: %v", err)
			}
			_, err := c.Send(t.Context(), envelope(2), letter(2))
			serr, ok := errors.AsType[*SendError](err)
			if !ok || serr.Fate != tt.fate || serr.Broken != tt.broken {
				t.Fatalf("got %+v", serr)
			}
			if serr.Broken {
				return
			}
			if _, err := c.Send(t.Context(), envelope(3), letter(3)); err != nil {
				t.Errorf("the message after: %v", err)
			}
		})
	}
}

// A refused message does not disturb the one announced with it.
func TestSMTPRefusedBeforeAnnounced(t *testing.T) {
	s := startServer(t, smtptest.Options{Pipelining: true, Script: func(step smtptest.Step) smtptest.Action {
		if step.Verb == smtptest.Dot && step.Count == 1 {
			return smtptest.Action{Reply: "552 5.3.4 too large"}
		}
		return smtptest.Action{}
	}})
	c := plainConn(t, s, SMTPConfig{})
	serr, ok := errors.AsType[*SendError](announce(t, c, 1))
	if !ok || serr.Fate != Permanent || serr.Broken {
		t.Fatalf("got %+v", serr)
	}
	if _, err := c.Send(t.Context(), envelope(2), letter(2)); err != nil {
		t.Error(err)
	}
	if m := s.Messages(); len(m) != 1 || m[0].To != envelope(2).To {
		t.Errorf("the server took %+v", m)
	}
}

// What was announced and is not sent is not there, also when another is sent.
func TestSMTPAnnouncedInVain(t *testing.T) {
	s := startServer(t, smtptest.Options{Pipelining: true})
	c := plainConn(t, s, SMTPConfig{})
	if err := announce(t, c, 1); err != nil || !c.(announcer).Announced() {
		t.Fatalf("announced %v, %v", c.(announcer).Announced(), err)
	}
	_, err := c.Send(t.Context(), envelope(7), letter(7))
	if serr, ok := errors.AsType[*SendError](err); !ok || serr.Fate != Retry || !serr.Broken {
		t.Errorf("another message was sent: %v", err)
	}
	c = plainConn(t, s, SMTPConfig{Timeouts: SMTPTimeouts{Quit: 20 * time.Millisecond}})
	if err := announce(t, c, 3); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil { // QUIT would be a line of the message, and have no answer
		t.Errorf("it does not just hang up: %v", err)
	}
	s.Close()
	if n := len(s.Messages()); n != 2 {
		t.Errorf("the server has %d messages, want 2", n)
	}
}

// herald is a carrier that lets messages be announced.
type herald struct {
	Conn
	next, said Envelope
}

func (h *herald) MayAnnounce() bool     { return true }
func (h *herald) Announce(env Envelope) { h.next = env }
func (h *herald) Announced() bool       { return h.said != Envelope{} }

func (h *herald) Send(ctx context.Context, env Envelope, message []byte) (string, error) {
	if h.said != (Envelope{}) && h.said != env {
		return "", &SendError{Fate: Unknown, Broken: true, Err: errors.New("the server takes this for another message")}
	}
	h.said, h.next = h.next, Envelope{}
	return h.Conn.Send(ctx, env, message)
}

// opener is a transport of one function.
type opener func() Conn

func (o opener) Open(context.Context) (Conn, error) { return o(), nil }

// A reader who leaves after a message was announced to the server does not get it,
// and nobody else is missed.
func TestOutboxReaderLeavesAfterAnnouncement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 20)
		c := &carrier{}
		opened := 0
		transport := opener(func() Conn {
			opened++
			conn, _ := c.Open(t.Context())
			return &herald{Conn: conn}
		})
		o := outboxOn(m, transport)
		o.Connections = 1
		c.send = func(_ context.Context, to string, _ int) error {
			if to == "r7@example.com" {
				m.mu.Lock()
				m.gone[newsletter.ID(8)] = true
				m.mu.Unlock()
			}
			return nil
		}
		if err := o.Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		if m.count(Sent) != 19 || m.rows[8].state != Suppressed || c.took["r8@example.com"] != 0 || opened != 2 {
			t.Errorf("%d sent, r8 is %s, on %d connections", m.count(Sent), m.rows[8].state, opened)
		}
	})
}

// Where a server is silent for minutes, what was announced to it goes out elsewhere; a
// server that is always slow gets no new connection for each message.
func TestOutboxLendsWhatItLookedAheadTo(t *testing.T) {
	for name, test := range map[string]struct {
		connections, opened int
		takes               func(to string) time.Duration
		most                time.Duration // until all but the first are sent
	}{
		"hangs": {2, 3, func(to string) time.Duration {
			if to == "r0@example.com" {
				return 5 * time.Minute
			}
			return time.Second
		}, 30 * time.Second},
		"slow": {1, 1, func(string) time.Duration { return 10 * time.Second }, 205 * time.Second},
		// at the end only others wait, and the last four can be lent
		"often": {4, 4 + 4, func(to string) time.Duration {
			if len(to)%2 == 0 {
				return 8 * time.Second
			}
			return time.Second
		}, 60 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory(t, 20)
			c := &carrier{}
			opened, sent, start := 0, make(map[string]time.Duration), time.Now()
			c.send = func(_ context.Context, to string, _ int) error {
				time.Sleep(test.takes(to))
				m.mu.Lock()
				defer m.mu.Unlock()
				sent[to] = time.Since(start)
				return nil
			}
			o := outboxOn(m, opener(func() Conn {
				m.mu.Lock()
				defer m.mu.Unlock()
				opened++
				conn, _ := c.Open(t.Context())
				return &herald{Conn: conn}
			}))
			o.Connections = test.connections
			if err := o.Run(t.Context(), m.settled); err != nil || m.count(Sent) != 20 {
				t.Fatalf("%s: %v, %d sent", name, err, m.count(Sent))
			}
			for to, at := range sent {
				if to != "r0@example.com" && at > test.most || c.took[to] != 1 {
					t.Errorf("%s: %s was sent after %v, %d times", name, to, at, c.took[to])
				}
			}
			if opened > test.opened {
				t.Errorf("%s: %d connections", name, opened)
			}
		})
	}
}

// While the ledger writes down the intent to send a message, the one after it is made.
func TestOutboxMakesTheNextWhileTheLedgerWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, o, _ := aheadOutbox(t, time.Second)
		fill := o.Fill
		o.Fill = func(ctx context.Context, dst []byte, d Delivery) ([]byte, Envelope, error) {
			time.Sleep(time.Second)
			return fill(ctx, dst, d)
		}
		start := time.Now()
		if err := o.Run(t.Context(), m.settled); err != nil || m.count(Sent) != 20 {
			t.Fatalf("%v, %d of 20 sent", err, m.count(Sent))
		}
		if took := time.Since(start); took > 25*time.Second {
			t.Errorf("20 messages took %s, where the ledger takes a second for each and so does the making", took)
		}
	})
}

// A message whose domain wants no more is given back while the ledger writes another's
// intent, and the two answers are not mixed up.
func TestOutboxPostponesWhileTheLedgerWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, o, _ := aheadOutbox(t, time.Second)
		o.Domains.Rate = Rate{Messages: 7, Per: time.Hour}
		start := time.Now()
		if err := o.Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		for _, r := range m.rows {
			if r.state != Sent || r.outcomes[len(r.outcomes)-1].State != Sent || r.intents != 1 {
				t.Errorf("%s is %s after %d intents: %+v", r.To, r.state, r.intents, r.outcomes)
			}
		}
		if took := time.Since(start); took < 2*time.Hour || took > 3*time.Hour {
			t.Errorf("20 messages took %s at 7 an hour", took)
		}
	})
}

// A message that cannot be made is not announced, whatever is known of it.
func TestOutboxAnnouncesNothingThatCannotBeMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, o, _ := aheadOutbox(t, 0)
		fill, failed := o.Fill, false
		o.Fill = func(ctx context.Context, dst []byte, d Delivery) ([]byte, Envelope, error) {
			message, env, err := fill(ctx, dst, d)
			if d.To == "r7@example.com" && !failed {
				failed, err = true, errors.New("the frozen message is unreadable")
			}
			return message, env, err
		}
		if err := o.Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		for _, r := range m.rows {
			if r.intents != 1 || r.state != Sent {
				t.Errorf("%s is %s after %d intents", r.To, r.state, r.intents)
			}
		}
	})
}

// A run that is told to end while the ledger writes sends what that was for, and announces
// nothing after it.
func TestOutboxAnnouncesNothingAtItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, o, h := aheadOutbox(t, time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		if err := o.Run(ctx, nil); err != nil {
			t.Fatal(err)
		}
		if m.count(Sent) != 1 || h.Announced() {
			t.Errorf("%d sent, another announced: %v", m.count(Sent), h.Announced())
		}
	})
}

// aheadOutbox has 20 messages for one connection that lets them be announced, and a ledger
// that takes so long for a transaction.
func aheadOutbox(t *testing.T, latency time.Duration) (*memory, *Outbox, *herald) {
	m := newMemory(t, 20)
	m.latency = latency
	conn, _ := (&carrier{}).Open(t.Context())
	h := &herald{Conn: conn}
	o := outboxOn(m, opener(func() Conn { return h }))
	o.Connections = 1
	return m, o, h
}
