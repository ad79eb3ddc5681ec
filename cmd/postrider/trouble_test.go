//go:build unix

package main

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/mailer/smtptest"
	"postrider/store"
)

// While the relay is away, who looks from another terminal is told why nothing goes out;
// once it is back, that is over.
func TestTroubleIsShownElsewhere(t *testing.T) {
	t.Parallel()
	var away atomic.Bool
	away.Store(true)
	relay := newRelay(t, func(s smtptest.Step) smtptest.Action {
		return smtptest.Action{Drop: s.Verb == smtptest.Connect && away.Load()}
	})
	s := newSite(t, 20, relay.setting(2))
	s.must("digest", "send", "--yes", "--queue")
	s.start("deliver")
	const words = "the server hung up while greeting"
	issue := s.ledger().issue.ID
	shows := func(args ...string) func() bool {
		return func() bool {
			_, said := s.here(args...)
			return strings.Contains(said, words)
		}
	}
	waitFor(t, "issue show", shows("issue", "show", issue))
	waitFor(t, "issue show --json", shows("issue", "show", issue, "--json"))
	waitFor(t, "doctor", func() bool {
		found, code := s.examined(nil)
		return code == exitDone && slices.ContainsFunc(found, func(f string) bool {
			return strings.HasPrefix(f, "warn outbox: who sends cannot since ") && strings.Contains(f, words)
		})
	})
	away.Store(false)
	waitFor(t, "every mail", func() bool { return len(relay.Messages()) == 20 })
	s.look(func(ctx context.Context, st *store.Store) {
		if trouble, err := st.Trouble(ctx, time.Now()); err != nil || trouble != (mailer.Trouble{}) {
			t.Errorf("with all sent there is still %+v, %v", trouble, err)
		}
	})
	if found, code := s.examined(nil); len(found) > 0 || code != exitDone {
		t.Errorf("with all sent doctor finds %q", found)
	}
}
