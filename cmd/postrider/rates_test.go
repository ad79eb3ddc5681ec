//go:build unix

package main

import (
	"context"
	"syscall"
	"testing"
	"time"

	"postrider/mailer/smtptest"
	"postrider/store"
)

// Who is told to end before its rate let it send anything does not say that there was
// nothing to do.
func TestInterruptedBeforeAnythingWasSent(t *testing.T) {
	t.Parallel()
	relay := newRelay(t, nil)
	s := newSite(t, 20, relay.setting(connections), "rate: {messages: 1, per: 1h}")
	s.must("digest", "send", "--yes", "--queue")
	first := s.start("deliver")
	s.await("the first mail was sent", func() bool { return relay.Count(smtptest.Done) > 0 })
	first.signal(syscall.SIGINT)
	first.exits(exitDone, "1 sent")

	second := s.start("deliver")
	s.await("the outbox is worked", func() (works bool) {
		s.look(func(ctx context.Context, st *store.Store) {
			n, err := st.Workers(ctx, time.Now())
			works = err == nil && n > 0
		})
		return works
	})
	second.signal(syscall.SIGINT)
	second.exits(exitDone, "Nothing was sent: 19 mails still queued")
	s.orderly()
}

// await waits until something is so.
func (s *site) await(what string, is func() bool) {
	s.t.Helper()
	for range 1000 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatalf("it never happened that %s", what)
}
