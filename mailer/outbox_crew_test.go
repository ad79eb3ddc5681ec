package mailer

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"postrider/mailer/smtptest"
)

// narrow is a relay that takes so many connections at once.
type narrow struct {
	mu       sync.Mutex
	room     int
	says     error
	span     time.Duration
	open     int
	refused  []time.Time
	most     int // messages at once since it was last set to 0
	underway int
}

type narrowConn struct{ *narrow }

func (n *narrow) Open(context.Context) (Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.open >= n.room {
		n.refused = append(n.refused, time.Now())
		return nil, n.says
	}
	n.open++
	return narrowConn{n}, nil
}

func (c narrowConn) Send(ctx context.Context, _ Envelope, _ []byte) (string, error) {
	c.mu.Lock()
	c.underway++
	c.most = max(c.most, c.underway)
	c.mu.Unlock()
	err := linger(ctx, c.span)
	c.mu.Lock()
	c.underway--
	c.mu.Unlock()
	return "250 fine", err
}

func (c narrowConn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open--
	return nil
}

// since tells how many were refused since a time, and lets most begin anew.
func (n *narrow) since(at time.Time) (refused, most int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range n.refused {
		if !r.Before(at) {
			refused++
		}
	}
	most, n.most = n.most, 0
	return refused, most
}

func (n *narrow) widen(room int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.room = room
}

// A relay that takes three connections of eight gets three, and is asked for more ever
// more seldom. Once it takes more it soon gets all; and fewer when it takes fewer again.
func TestCrewFollowsTheRelay(t *testing.T) {
	for name, says := range map[string]error{
		"421":     fmt.Errorf("greet: %w", &textproto.Error{Code: 421, Msg: "4.3.2 busy"}),
		"words":   fmt.Errorf("greet: %w", &textproto.Error{Code: 554, Msg: "too many connections from your host"}),
		"silence": fmt.Errorf("dial: %w", syscall.ECONNREFUSED),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				relay := &narrow{room: 3, says: says, span: time.Second}
				m := newMemory(t, 30_000)
				o := outboxOn(m, relay)
				o.Connections = 8
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error)
				go func() { ended <- o.Run(ctx, nil) }()
				start := time.Now()
				time.Sleep(10 * time.Second)
				limit := 5
				if name == "silence" { // until the others have carried something meanwhile
					limit *= 3
				}
				if refused, most := relay.since(start); refused < 5 || refused > limit || most != 3 {
					t.Errorf("at the beginning %d were refused, %d worked; want 5 to %d, and 3", refused, most, limit)
				}
				settled := time.Now()
				time.Sleep(time.Hour)
				if refused, most := relay.since(settled); refused < 4 || refused > 10 || most != 3 {
					t.Errorf("in an hour %d were refused, %d worked; want 4 to 10, and 3", refused, most)
				}
				relay.widen(8)
				time.Sleep(maxJoinRest + 10*time.Second)
				wide := time.Now()
				relay.since(wide)
				time.Sleep(10 * time.Second)
				if refused, most := relay.since(wide); refused != 0 || most != 8 {
					t.Errorf("once there was room %d were refused, %d worked; want 0 and 8", refused, most)
				}
				cancel()
				if err := <-ended; err != nil {
					t.Error(err)
				}
				for _, r := range m.rows {
					if len(r.outcomes) > 1 || r.intents > 1 {
						t.Fatalf("%s was tried %d times: %+v", r.To, r.intents, r.outcomes)
					}
				}
			})
		})
	}
}

// A relay that takes all has all connections at work from the first message on, and one
// that turned all away has them as soon as it takes one.
func TestCrewIsWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		relay := &narrow{room: 8, span: time.Second, says: &textproto.Error{Code: 421, Msg: "4.3.2 not now"}}
		o := outboxOn(newMemory(t, 10_000), relay)
		o.Connections = 8
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- o.Run(ctx, nil) }()
		time.Sleep(time.Second / 2)
		if _, most := relay.since(time.Now()); most != 8 {
			t.Errorf("%d work at the beginning", most)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		relay.widen(0)
		ctx, cancel = context.WithCancel(t.Context())
		defer cancel()
		go func() { ended <- o.Run(ctx, nil) }()
		time.Sleep(10 * time.Minute)
		if refused, _ := relay.since(time.Now().Add(-5 * time.Minute)); refused > 5 {
			t.Errorf("a relay that takes nobody was asked %d times in five minutes", refused)
		}
		relay.widen(8)
		time.Sleep(maxRest + 10*time.Second)
		if _, most := relay.since(time.Now()); most != 8 {
			t.Errorf("%d work once it takes all", most)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// What one courier meets is not taken for crowding: nobody stands by.
func TestCrewKeepsItsOwn(t *testing.T) {
	for _, err := range []error{
		&textproto.Error{Code: 535, Msg: "5.7.8 wrong password"},
		&textproto.Error{Code: 450, Msg: "4.3.2 come later"},
		refusal(atMail, 421, "4.7.0 too many messages on this connection"),
		refusal(atRcpt, 421, "4.7.0 too many connections"),
		errors.New("no such host"),
	} {
		if crowding(err) {
			t.Errorf("%v is crowding", err)
		}
	}
	if !crowding(refusal(atMail, 421, "4.7.0 Too many concurrent SMTP connections")) {
		t.Error("words at MAIL are not understood")
	}
	relay := &narrow{says: syscall.ECONNREFUSED}
	o := outboxOn(newMemory(t, 10), relay)
	r, err := o.newRun(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	couriers := []*courier{newCourier(r), newCourier(r)}
	for range 3 { // a relay that is away refuses all
		for _, c := range couriers {
			c.unreachable(relay.says, untold)
		}
	}
	if couriers[0].standsBy || couriers[1].standsBy || couriers[0].failures != 3 {
		t.Error("a courier stands by while nobody is taken")
	}
}

// Over real sockets, to a server that ends what is one too many.
func TestCrewOverSMTP(t *testing.T) {
	s := startServer(t, smtptest.Options{Pipelining: true, MaxConnections: 3})
	transport, err := NewSMTP(SMTPConfig{Host: s.Host(), Port: s.Port(), Security: NoTLS, MaxMessages: 1000})
	if err != nil {
		t.Fatal(err)
	}
	m := newMemory(t, 600)
	m.domains(50)
	o := outboxOn(m, transport)
	o.Fill, o.Connections = numbered, 8
	if err := o.Run(t.Context(), m.settled); err != nil {
		t.Fatal(err)
	}
	if n := s.Count(smtptest.Connect); m.count(Sent) != 600 || s.Most() > 3 || n > 3+5 {
		t.Errorf("%d sent over %d connections at once, of %d that were tried; want 600, 3, 8", m.count(Sent), s.Most(), n)
	}
	for _, r := range m.rows {
		if len(r.outcomes) != 1 {
			t.Errorf("%s was tried %d times", r.To, len(r.outcomes))
		}
	}
}
