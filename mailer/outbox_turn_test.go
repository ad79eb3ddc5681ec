package mailer

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"postrider/newsletter"
)

// rivalled is a queue of which another process takes one delivery, that with which the
// turn of the queue began.
type rivalled struct {
	*memory
	claims int
	steals bool
	taken  bool
}

func (q *rivalled) Claim(ctx context.Context, worker int64, now time.Time, limit int, back ...Key) ([]Delivery, error) {
	q.claims++
	claims, err := q.memory.Claim(ctx, worker, now, limit, back...)
	if q.steals && len(back) > 0 && !q.taken {
		q.mu.Lock()
		q.rows[back[0].Recipient].worker = 99
		q.mu.Unlock()
		q.taken = true
	}
	return claims, err
}

// The queue turns once and then rests, also where what the turn began with has gone
// from it meanwhile.
func TestOutboxTurnEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 3000)
		for i, r := range m.rows {
			r.To = newsletter.Address(fmt.Sprintf("r%d@slow.example", i))
		}
		q := &rivalled{memory: m, steals: true}
		o := outboxOn(m, &carrier{send: func(ctx context.Context, _ string, _ int) error { return linger(ctx, 10*time.Second) }})
		o.Queue, o.Connections, o.Domains = q, 8, DomainLimits{Connections: 2}
		start := time.Now()
		enough := func(context.Context) (bool, error) { return time.Since(start) > 10*time.Minute, nil }
		if err := o.Run(t.Context(), enough); err != nil {
			t.Fatal(err)
		}
		if !q.taken || q.claims > 3*600 || m.given > 150*600 { // some a second
			t.Errorf("taken %t, %d claims in ten minutes, %d given back", q.taken, q.claims, m.given)
		}
	})
}

// Several domains that take little, one after the other in the queue, each get their
// mail without a pause, and the ledger has its peace meanwhile.
func TestOutboxTurnsForSeveral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 900)
		for i, r := range m.rows {
			r.To = newsletter.Address(fmt.Sprintf("r%d@d%d.example", i, i/300))
		}
		q := &rivalled{memory: m}
		o := outboxOn(m, &carrier{send: func(ctx context.Context, _ string, _ int) error { return linger(ctx, time.Second) }})
		o.Queue, o.Connections, o.Domains = q, 8, DomainLimits{Connections: 1}
		start := time.Now()
		if err := o.Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 330*time.Second || q.claims > 10*300 || m.given > 200*300 {
			t.Errorf("300 to each of three took %v; %d claims, %d given back", took, q.claims, m.given)
		}
	})
}
