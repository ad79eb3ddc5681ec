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

// A courier that has carried something tries once more before it stands by, and keeps no
// mail from the others meanwhile.
func TestCrewTriesOnceMore(t *testing.T) {
	o := outboxOn(newMemory(t, 10), &narrow{})
	o.Connections = 2
	r, err := o.newRun(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, j := newCourier(r), jobTo(1, "a.example")
	c.proven = true
	busy := &textproto.Error{Code: 421, Msg: "4.3.2 busy"}
	if c.unreachable(busy, untold); c.standsBy || c.failures != 1 {
		t.Errorf("stands by %t after %d failures", c.standsBy, c.failures)
	}
	if c.unreachable(busy, untold); !c.standsBy || r.crew.atWork != 1 {
		t.Errorf("stands by %t, %d are at work", c.standsBy, r.crew.atWork)
	}
	r.lanes.enter(j, time.Now())
	c.ahead = &parcel{job: j}
	r.stop(nil)
	if c.standBy(); c.ahead != nil || len(r.jobs) != 1 {
		t.Errorf("it keeps %+v; %d jobs are there for others", c.ahead, len(r.jobs))
	}
}

// One connection carries all, and who stands by has not forgotten the way back: after
// a trial that was taken the next one that is refused costs half a minute, not more.
func TestCrewFindsTheWayBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 40)
		relay := &narrow{room: 1, span: time.Second, says: &textproto.Error{Code: 421, Msg: "4.3.2 busy"}}
		o := outboxOn(m, relay)
		o.Connections = 4
		start := time.Now()
		if err := o.Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 45*time.Second {
			t.Errorf("40 mails of a second took %v", took)
		}
	})
	w := newCrew(3)
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	w.dismiss(false, now)
	for range 3 { // trials that are refused
		now = now.Add(maxJoinRest)
		if joined, _, _ := w.join(now); !joined {
			t.Fatal("it may not join after the longest rest")
		}
		w.dismiss(true, now)
	}
	now = now.Add(maxJoinRest)
	w.join(now)
	w.taken(true, now)
	w.dismiss(false, now)
	if _, after, _ := w.join(now); after != minJoinRest {
		t.Errorf("after one that was taken it rests for %v", after)
	}
}
