package mailer

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// What keeps mail from going out is told to the ledger when it begins, again under each
// new number, also after the ledger took nothing, and when it is over.
func TestTroubleIsConfided(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 20)
		start := time.Now()
		o := outboxOn(m, &carrier{open: func() error {
			if time.Since(start) < time.Minute {
				return errors.New("the relay is away\nand far")
			}
			return nil
		}})
		known, told := make(map[int64]Trouble), 0
		o.Troubled = func(_ context.Context, worker int64, trouble Trouble) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			if told++; told == 1 {
				return errors.New("the ledger takes nothing")
			}
			known[worker] = trouble
			return nil
		}
		current := func() (Trouble, int64) {
			m.mu.Lock()
			defer m.mu.Unlock()
			return known[m.next], m.next
		}
		go func() {
			time.Sleep(30 * time.Second)
			trouble, worker := current()
			if want := (Trouble{start, "the relay is away; and far"}); trouble != want || worker == 1 {
				t.Errorf("worker %d is known to have %v, want %v", worker, trouble, want)
			}
		}()
		if err := o.Run(t.Context(), m.settled); err != nil || m.count(Sent) != 20 {
			t.Fatal(err, m.count(Sent))
		}
		if trouble, worker := current(); trouble != (Trouble{}) || told != 1+int(worker)+1 {
			t.Errorf("at the end worker %d is known to have %v; that was told %d times", worker, trouble, told)
		}
	})
}
