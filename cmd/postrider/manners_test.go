//go:build unix

package main

import (
	"encoding/json"
	"strings"
	"testing"

	"postrider/mailer"
	"postrider/mailer/smtptest"
	"postrider/newsletter"
)

// A relay that takes the sender for a spammer stops the issue, which says why and
// goes on when the operator says so. Nobody is suppressed for it.
func TestPolicyPausesAnIssue(t *testing.T) {
	t.Parallel()
	angry := true
	relay := newRelay(t, func(s smtptest.Step) smtptest.Action {
		if s.Verb == smtptest.Dot && angry {
			return smtptest.Action{Reply: "554 5.7.1 you send spam"}
		}
		return smtptest.Action{}
	})
	s := newSite(t, 200, relay.setting(connections))
	s.start("digest", "send", "--yes").exits(exitFailed, "is paused", "5.7.1 you send spam", "issue resume")
	l := s.orderly()
	if n := len(l.in(mailer.Failed)); l.issue.State != newsletter.Paused || n < 20 || n > 20+connections || s.actives() != 200 {
		t.Fatalf("the issue is %s, %d deliveries have failed, %d readers are active", l.issue.State, n, s.actives())
	}
	_, said := s.here("issue", "show", l.issue.ID, "--json")
	var view struct{ State, Note string }
	if err := json.Unmarshal([]byte(said), &view); err != nil || view.State != "paused" || !strings.Contains(view.Note, "you send spam") {
		t.Errorf("issue show says %s, %v", said, err)
	}
	if _, said := s.here("issue", "show", l.issue.ID); !strings.Contains(said, "to example.org") ||
		!strings.Contains(said, "Last errors:") || !strings.Contains(said, "failed: 554 5.7.1 you send spam") {
		t.Errorf("issue show says\n%s", said)
	}
	p := s.start("deliver", "--until-idle")
	p.exits(exitDone, "it is paused: ", "issue resume "+l.issue.ID)

	relay.mu.Lock()
	angry = false
	relay.mu.Unlock()
	s.must("issue", "resume", l.issue.ID)
	s.must("issue", "retry", l.issue.ID)
	s.must("deliver", "--until-idle")
	relay.onceEach(s)
	s.finished()
}

// A login that is refused stops the issue at once: to try it again and again locks
// accounts.
func TestRefusedLoginPausesAnIssue(t *testing.T) {
	t.Parallel()
	relay := newRelayWith(t, smtptest.Options{Username: "u", Password: "right"}, nil)
	s := newSite(t, 50, strings.Replace(relay.setting(connections), "security: none", "security: none, username: u, password: wrong", 1))
	p := s.start("digest", "send", "--yes")
	p.exits(exitFailed, "is paused: ", "refuses the login")
	if said := p.err.String(); strings.Count(said, "refuses the login") != 1 || strings.Contains(said, "try again") {
		t.Errorf("that the login is refused should be said once, and that nothing is tried: \n%s", said)
	}
	if l := s.orderly(); l.issue.State != newsletter.Paused || len(l.in(mailer.Queued)) != 50 {
		t.Errorf("the issue is %s: %v", l.issue.State, l.tally.Count)
	}
	s.must("issue", "resume", s.ledger().issue.ID)
	s.start("deliver", "--until-idle").exits(exitFailed, "is paused: ", "refuses the login", "50 queued")
	if n := relay.Count(smtptest.Auth); n > 2 {
		t.Errorf("the wrong password was tried %d times", n)
	}
}
