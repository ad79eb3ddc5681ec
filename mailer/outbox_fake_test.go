package mailer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"postrider/newsletter"
)

// memory is a Queue and a Ledger without a disk, for tests of time and faults.
// It holds the invariants that a real one holds, and fails the test of an outbox
// that breaks one.
type memory struct {
	t       *testing.T
	mu      sync.Mutex
	rows    []*row
	workers map[int64]time.Time // leases
	next    int64
	records int                    // transactions
	renewed int                    //
	given   int                    // back by claims
	fail    func() error           // of Record and Renew
	failing func() error           // of Claim; nil: never
	keeping func() error           // of Release; nil: never
	latency time.Duration          // of Record
	gone    map[newsletter.ID]bool // readers who left
	hold    bool                   // what a dead worker was sending waits for the operator
}

type row struct {
	Delivery
	state    DeliveryState
	due      time.Time
	paced    bool
	worker   int64
	intents  int
	outcomes []Entry
}

func newMemory(t *testing.T, n int) *memory {
	m := &memory{t: t, workers: make(map[int64]time.Time), gone: make(map[newsletter.ID]bool), fail: func() error { return nil }}
	for i := range n {
		m.rows = append(m.rows, &row{state: Queued, Delivery: Delivery{
			Key:        Key{Issue: 1, Recipient: int64(i)},
			IssueID:    "issue",
			Subscriber: newsletter.ID(i),
			To:         newsletter.Address(fmt.Sprintf("r%d@example.com", i)),
		}})
	}
	return m
}

func (m *memory) Enlist(_ context.Context, _ Process, lease time.Time) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next++
	m.workers[m.next] = lease
	return m.next, nil
}

func (m *memory) Renew(_ context.Context, worker int64, now, lease time.Time, _ func(Process) bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fail(); err != nil {
		return err
	}
	m.renewed++
	for w, until := range m.workers {
		if w != worker && until.Before(now) {
			m.strike(w, now)
		}
	}
	if _, ok := m.workers[worker]; !ok {
		return ErrStruckOff
	}
	m.workers[worker] = lease
	return nil
}

// strike takes back what a worker holds.
func (m *memory) strike(worker int64, now time.Time) {
	delete(m.workers, worker)
	for _, r := range m.rows {
		if r.worker != worker {
			continue
		}
		r.worker = 0
		if r.state == Sending {
			r.state, r.Uncertain, r.due = Uncertain, true, now
		}
	}
}

func (m *memory) Claim(_ context.Context, worker int64, now time.Time, limit int, back ...Key) (claims []Delivery, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failing != nil {
		return nil, m.failing()
	}
	if _, enlisted := m.workers[worker]; !enlisted {
		return nil, ErrStruckOff
	}
	for _, key := range back {
		r := m.rows[key.Recipient]
		if r.worker != worker || r.state == Sending {
			m.t.Errorf("%s was given back by %d; it is %s and %d's", r.To, worker, r.state, r.worker)
		}
		r.worker, r.due = 0, now
		m.given++
	}
	order := slices.Clone(m.rows)
	slices.SortStableFunc(order, func(a, b *row) int { return a.due.Compare(b.due) })
	for _, r := range order {
		waits := r.state == Queued || r.state == Deferred || r.state == Uncertain && !(m.hold || r.due.IsZero())
		if len(claims) < limit && waits && r.worker == 0 && !r.due.After(now) {
			r.worker = worker
			r.Attempt, r.Due = r.intents+1, r.due
			claims = append(claims, r.Delivery)
		}
	}
	return claims, nil
}

func (m *memory) Release(_ context.Context, worker int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.keeping != nil {
		if err := m.keeping(); err != nil {
			return err
		}
	}
	m.strike(worker, time.Now())
	return nil
}

func (m *memory) Mould(context.Context, int64) ([]byte, error) { return nil, errors.ErrUnsupported }

func (m *memory) Record(ctx context.Context, worker int64, entries []Entry) ([]Verdict, error) {
	time.Sleep(m.latency)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := errors.Join(m.fail(), ctx.Err()); err != nil {
		return nil, err
	}
	m.records++
	var verdicts []Verdict
	for _, e := range entries {
		verdicts = append(verdicts, m.apply(m.rows[e.Key.Recipient], worker, e))
	}
	return verdicts, nil
}

func (m *memory) apply(r *row, worker int64, e Entry) Verdict {
	switch {
	case r.worker != worker:
		return Lost
	case e.State == Sending && m.gone[r.Subscriber]:
		r.state, r.worker = Suppressed, 0
		return Refused
	case e.State == Sending:
		if r.state == Sent {
			m.t.Errorf("%s is sent again after it was recorded as sent", r.To)
		}
		r.state = Sending
		r.intents++
		return Recorded
	}
	r.due, r.worker, r.paced = e.Due, 0, e.Reason == ReasonRate
	if e.State == Queued {
		return Recorded
	}
	r.state = e.State
	r.Uncertain = r.Uncertain || e.State == Uncertain
	r.outcomes = append(r.outcomes, e)
	return Recorded
}

// count tells how many rows are in a state.
func (m *memory) count(s DeliveryState) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rows {
		if r.state == s {
			n++
		}
	}
	return n
}

// claimed tells how many rows some worker holds.
func (m *memory) claimed() (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rows {
		if r.worker != 0 {
			n++
		}
	}
	return n
}

// settled is an until that ends a run when nothing is open.
func (m *memory) settled(context.Context) (bool, error) {
	return m.count(Queued)+m.count(Sending)+m.count(Deferred)+m.count(Uncertain) == 0, nil
}

// carrier is a transport whose faults a test decides.
type carrier struct {
	open                 func() error                                        // nil: always opens
	send                 func(ctx context.Context, to string, nth int) error // nth message of the connection, from 1
	took                 map[string]int                                      // how often each message was brought to send
	mu                   sync.Mutex
	opened, closed, most int
	now                  int
}

type carrierConn struct {
	*carrier
	n int
}

func (c *carrier) Open(context.Context) (Conn, error) {
	if c.open != nil {
		if err := c.open(); err != nil {
			return nil, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened++
	return &carrierConn{carrier: c}, nil
}

func (c *carrierConn) Send(ctx context.Context, env Envelope, _ []byte) (string, error) {
	c.n++
	c.mu.Lock()
	if c.took == nil {
		c.took = make(map[string]int)
	}
	c.took[env.To]++
	c.now++
	c.most = max(c.most, c.now)
	c.mu.Unlock()
	var err error
	if c.send != nil {
		err = c.send(ctx, env.To, c.n)
	}
	c.mu.Lock()
	c.now--
	c.mu.Unlock()
	return "250 fine", err
}

func (c *carrierConn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed++
	return nil
}

// outboxOn gives an outbox with the parts of a test.
func outboxOn(m *memory, c Transport) *Outbox {
	return &Outbox{
		Queue: m, Ledger: m, Transport: c, Connections: 4,
		Process: Process{Host: "test", PID: 1},
		Fill: func(_ context.Context, dst []byte, d Delivery) ([]byte, Envelope, error) {
			return append(dst, "Subject: x\r\n\r\n"...), Envelope{To: string(d.To)}, nil
		},
	}
}
