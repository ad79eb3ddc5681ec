//go:build unix

package main

import (
	"context"
	"fmt"
	"strings"
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
			n, _, err := st.Workers(ctx, 2, time.Now())
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

// Processes that begin at the same moment, one that joins them and one that goes on after
// another was killed keep the rates together, as the relay sees them.
func TestProcessesKeepTheRates(t *testing.T) {
	t.Parallel()
	const whole, each, span = 30, 12, 2 * time.Second
	relay := newRelay(t, nil)
	s := newSite(t, 48, relay.setting(connections), "rate: {messages: 30, per: 2s}", "per_domain: {messages: 12, per: 2s}")
	for i := range 40 {
		email := fmt.Sprintf("r%d@d%d.example", i, i%2)
		if code, said := s.here("subscriber", "add", email, "--confirmed", "--consent", "yes"); code != exitDone {
			t.Fatal(said)
		}
		s.active = append(s.active, email)
	}
	s.must("digest", "send", "--yes", "--queue")
	first, second := s.start("deliver", "--until-idle"), s.start("deliver", "--until-idle")
	s.await("mail goes out", func() bool { return relay.Count(smtptest.Done) > 10 })
	first.kill()
	third := s.start("deliver", "--until-idle")
	second.exits(exitDone)
	third.exits(exitDone) // also with what the first has put off
	s.finished()
	relay.missedNobody(s)

	at := make(map[string][]time.Time)
	for _, m := range relay.Messages() {
		_, domain, _ := strings.Cut(m.To, "@")
		at[domain] = append(at[domain], m.At)
		at[""] = append(at[""], m.At)
	}
	for domain, at := range at {
		allowed := each
		if domain == "" {
			allowed = whole
		}
		for i := allowed; i < len(at); i++ {
			if apart := at[i].Sub(at[i-allowed]); apart < span {
				t.Errorf("%d messages to %q came within %v", allowed+1, domain, apart)
			}
		}
	}
}
