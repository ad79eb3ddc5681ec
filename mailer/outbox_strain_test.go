package mailer

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// ration is a relay that takes so many messages in each span, and refuses the others.
type ration struct {
	Rate
	says *SendError

	mu      sync.Mutex
	began   time.Time
	took    int
	refused int
}

func (r *ration) send(ctx context.Context, _ string, _ int) error {
	if err := linger(ctx, 50*time.Millisecond); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := time.Now(); now.Sub(r.began) >= r.Per {
		r.began, r.took = now, 0
	}
	if r.took == r.Messages {
		r.refused++
		return r.says
	}
	r.took++
	return nil
}

// A relay that takes only so much gets that, and not the whole list again and again until
// its time is over.
func TestOutboxRelayThatTakesOnlySoMuch(t *testing.T) {
	tests := map[string]struct {
		rate    Rate
		says    *SendError
		readers int
		within  time.Duration
		refused int
	}{
		"much, at MAIL":       {Rate{100, time.Minute}, refusal(atMail, 450, "4.7.1 Error: too much mail"), 2000, time.Hour, 200},
		"little, at MAIL":     {Rate{40, time.Hour}, refusal(atMail, 450, "4.7.1 Error: too much mail"), 1000, 72 * time.Hour, 1000},
		"for all, after DATA": {Rate{60, time.Minute}, refusal(atDot, 454, "Throttling failure: Maximum sending rate exceeded."), 2000, 8 * time.Hour, 2000},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory(t, tt.readers)
				m.domains(50)
				start := time.Now()
				for _, r := range m.rows {
					r.Expires = start.Add(72 * time.Hour)
				}
				relay := &ration{Rate: tt.rate, says: tt.says, began: start}
				o := outboxOn(m, &carrier{send: relay.send})
				o.Connections = 8
				if err := o.Run(t.Context(), m.settled); err != nil {
					t.Fatal(err)
				}
				took := time.Since(start)
				if n := m.count(Sent); n != tt.readers || took > tt.within || relay.refused > tt.refused {
					t.Errorf("%d of %d were sent, in %v; %d times it took no more", n, tt.readers, took, relay.refused)
				}
			})
		})
	}
}

// Who sees a command wants to know what it waits for. It waits for longer than for a relay
// that is away; but a run that need not end waits for ever.
func TestOutboxTellsThatTheRelayTakesNothing(t *testing.T) {
	for name, patience := range map[string]time.Duration{"command": 30 * time.Second, "service": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				m := newMemory(t, 100)
				o := outboxOn(m, &carrier{send: func(context.Context, string, int) error {
					if time.Since(start) < time.Hour {
						return refusal(atMail, 452, "4.3.1 the disk is full")
					}
					return nil
				}})
				var mu sync.Mutex
				var told []Trouble
				o.Troubled = func(_ context.Context, _ int64, trouble Trouble) error {
					mu.Lock()
					defer mu.Unlock()
					told = append(told, trouble)
					return nil
				}
				o.Patience = patience
				err := o.Run(t.Context(), m.settled)
				switch took := time.Since(start); {
				case patience == 0 && (err != nil || m.count(Sent) != 100):
					t.Errorf("%v, %d were sent", err, m.count(Sent))
				case patience > 0 && (!errors.Is(err, errOutOfReach) || took < 5*time.Minute || took > 16*time.Minute):
					t.Errorf("%v, after %v", err, took)
				}
				if len(told) == 0 || !strings.Contains(told[0].Words, "the disk is full") || patience == 0 && told[len(told)-1] != (Trouble{}) {
					t.Errorf("it told of %+v", told)
				}
			})
		})
	}
}
