package mailer

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A relay that goes away in the middle of a send is not one that takes few connections:
// a command gives up when its patience has ended, and no courier stands by.
func TestCrewWhenTheRelayGoesAway(t *testing.T) {
	for name, says := range map[string]error{
		"421":     fmt.Errorf("greet: %w", &textproto.Error{Code: 421, Msg: "4.3.2 busy"}),
		"silence": fmt.Errorf("dial: %w", syscall.ECONNREFUSED),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				const leaves, patience = 10 * time.Second, 30 * time.Second
				away := func() bool { return time.Since(start) > leaves }
				c := &carrier{open: func() error {
					if away() {
						return says
					}
					return nil
				}, send: func(ctx context.Context, _ string, _ int) error {
					if away() {
						return &SendError{Fate: Retry, Broken: true, Err: syscall.ECONNRESET}
					}
					return linger(ctx, time.Second)
				}}
				m := newMemory(t, 1000)
				m.domains(50)
				o := outboxOn(m, c)
				o.Connections, o.Patience = 8, patience
				err := o.Run(t.Context(), m.settled)
				if took := time.Since(start) - leaves; !errors.Is(err, errOutOfReach) || took < patience || took > patience+10*time.Second {
					t.Errorf("%v, %v after the relay had left", err, took)
				}
			})
		})
	}
}

// strict is a relay that says only at MAIL that there are too many connections.
type strict struct {
	narrow
	turnedAway int
}

type strictConn struct {
	*strict
	extra bool
}

func (s *strict) Open(context.Context) (Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open++
	return &strictConn{s, s.open > s.room}, nil
}

func (c *strictConn) Send(ctx context.Context, e Envelope, message []byte) (string, error) {
	if !c.extra {
		return narrowConn{&c.narrow}.Send(ctx, e, message)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turnedAway++
	return "", refusal(atMail, 421, "4.7.0 Too many concurrent SMTP connections")
}

func (c *strictConn) Close() error { return narrowConn{&c.narrow}.Close() }

// What was refused because there were too many connections goes out over another.
func TestCrewCrowdedAtMail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 300)
		relay := &strict{narrow: narrow{room: 3, span: time.Second}}
		o := outboxOn(m, relay)
		o.Connections = 8
		start := time.Now()
		if err := o.Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); m.count(Sent) != 300 || took > 110*time.Second || relay.turnedAway > 10 {
			t.Errorf("%d of 300 sent after %v, %d turned away", m.count(Sent), took, relay.turnedAway)
		}
	})
}
