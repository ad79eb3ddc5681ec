package mailer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// mixed is a server of many moods.
type mixed struct {
	mu     sync.Mutex
	random *rand.Rand
	m      *memory
}

func (x *mixed) send(ctx context.Context, _ string, _ int) error {
	x.mu.Lock()
	mood, leaves := x.random.IntN(100), x.random.IntN(len(x.m.rows))
	x.mu.Unlock()
	switch {
	case mood < 5:
		return linger(ctx, 20*time.Second) // what was looked ahead to is lent
	case mood < 15:
		return refusal(atRcpt, 451, "4.7.1 slow down")
	case mood < 25:
		return refusal(atMail, 451, "4.7.1 slow down")
	case mood < 28:
		return &SendError{Fate: Retry, Broken: true, Err: errors.New("cut")}
	case mood < 31:
		return refusal(atRcpt, 550, "5.1.1 who is that")
	case mood < 33:
		x.m.mu.Lock()
		if r := x.m.rows[leaves]; r.intents == 0 { // who has been sent nothing
			x.m.gone[r.Subscriber] = true
		}
		x.m.mu.Unlock()
	}
	return linger(ctx, time.Second)
}

// Whatever becomes of messages, each gives back the place that it had in the lane of its
// domain, in that of the relay and in the rates: one that is lost would be missed for ever.
func TestOutboxGivesBackEveryPlace(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory(t, 300)
				m.domains(6)
				x := &mixed{random: rand.New(rand.NewPCG(seed, 0)), m: m}
				c := &carrier{send: x.send}
				o := outboxOn(m, opener(func() Conn {
					conn, _ := c.Open(t.Context())
					return &herald{Conn: conn}
				}))
				o.Connections, o.Domains, o.Rate = 8, DomainLimits{Connections: 2}, Rate{20, time.Second}
				ctx, cancel := context.WithTimeout(t.Context(), 1000*time.Hour)
				defer cancel()
				var r *run
				err := o.Run(ctx, func(ctx context.Context) (bool, error) {
					r = o.running.Load()
					return m.settled(ctx)
				})
				if done, _ := m.settled(ctx); err != nil || !done {
					t.Fatalf("%v; %d are queued, %d deferred", err, m.count(Queued), m.count(Deferred))
				}
				if r.pace.window.open != 0 || r.lanes.relay.busy != 0 || r.lanes.parked != 0 || r.held.Load() != 0 {
					t.Errorf("at the end the rate counts %d, the relay has %d, %d are parked, %d held",
						r.pace.window.open, r.lanes.relay.busy, r.lanes.parked, r.held.Load())
				}
				for name, d := range r.lanes.byName {
					if d.busy != 0 || d.window.open != 0 {
						t.Errorf("at the end %s has %d, its rate counts %d", name, d.busy, d.window.open)
					}
				}
			})
		})
	}
}
