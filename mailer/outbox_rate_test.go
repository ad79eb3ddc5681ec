package mailer

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// idle is an until that ends a run when nothing can be sent now, unless the rate of a
// domain alone keeps it back.
func (m *memory) idle(o *Outbox) func(context.Context) (bool, error) {
	return func(context.Context) (bool, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		for _, r := range m.rows {
			paced := !r.due.After(time.Now()) || !r.due.After(o.Paced())
			if r.state == Sending || r.state == Queued && paced || r.state == Deferred && paced {
				return false, nil
			}
		}
		return true, nil
	}
}

// A run that ends when nothing can be sent waits for the rates of domains, and for
// nothing else.
func TestRatesOfDomainsEndNoRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 60)
		m.domains(3)
		o := outboxOn(m, &carrier{send: func(_ context.Context, to string, _ int) error {
			switch to {
			case "r0@d0.example":
				return refusal(atRcpt, 450, "4.2.0 come again")
			case "r1@d1.example":
				return refusal(atRcpt, 450, "4.7.1 too many messages")
			}
			return nil
		}})
		o.Domains = DomainLimits{Rate: Rate{4, 5 * time.Second}}
		start := time.Now()
		if err := o.Run(t.Context(), m.idle(o)); err != nil {
			t.Fatal(err)
		}
		if n := m.count(Sent); n < 39 || n > 39+3 || m.count(Deferred) != 2 {
			t.Errorf("%d were sent and %d deferred; want all that need no retry", n, m.count(Deferred))
		}
		if took := time.Since(start); took > 40*time.Second {
			t.Errorf("it ended after %v, and should not wait for a retry", took)
		}
	})
}
