//go:build unix

package main

import (
	"slices"
	"testing"

	"postrider/mailer"
	"postrider/mailer/smtptest"
)

// Who leaves in the middle of a send gets nothing of it, though the process that
// sends has claimed their delivery; and so does a reader whose mailbox has turned
// out not to exist.
func TestReadersLeaveWhileItIsSent(t *testing.T) {
	t.Parallel()
	reached, goOn := make(chan struct{}), make(chan struct{})
	relay := newRelayWith(t, smtptest.Options{Pipelining: true}, func(s smtptest.Step) smtptest.Action {
		if s.Verb == smtptest.Dot && s.Count == 3 {
			close(reached)
			<-goOn // one connection: nothing else can be sent
		}
		if s.Verb == smtptest.Rcpt && s.To == "r90@example.org" {
			return smtptest.Action{Reply: "550 5.1.1 no such user"}
		}
		return smtptest.Action{}
	})
	s := newSite(t, 100, relay.setting(1))
	p := s.start("digest", "send", "--yes")
	<-reached
	left := slices.DeleteFunc(s.ledger().in(mailer.Queued), func(email string) bool { return email == "r90@example.org" })
	for _, email := range left[:5] {
		if code, said := s.here("subscriber", "unsubscribe", email); code != exitDone {
			t.Fatal(said)
		}
	}
	close(goOn)
	p.exits(exitIncomplete)
	l, copies := s.ledger(), relay.copies()
	for _, email := range left[:5] {
		if l.states[email] != mailer.Suppressed || len(copies[email]) > 0 {
			t.Errorf("%s has left, is %s and got %d messages", email, l.states[email], len(copies[email]))
		}
	}
	if l.states["r90@example.org"] != mailer.Failed || len(l.in(mailer.Sent)) != 94 || len(relay.Messages()) != 94 {
		t.Errorf("a bounce is %s; %d sent, %d messages at the relay, want 94",
			l.states["r90@example.org"], len(l.in(mailer.Sent)), len(relay.Messages()))
	}
	if n := s.actives(); n != 94 {
		t.Errorf("%d readers are active, want 94", n)
	}
}
