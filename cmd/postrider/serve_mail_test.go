//go:build unix

package main

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/mailer/smtptest"
)

// What one process queues, those that serve deliver together, each mail once.
func TestTwoServeOneOutbox(t *testing.T) {
	t.Parallel()
	relay := newRelay(t, nil)
	s := newSite(t, 400, relay.setting(connections))
	first, second := s.serve("--role", "deliver"), s.serve("--role", "scheduler,deliver")
	s.must("digest", "send", "--yes", "--queue")
	waitFor(t, "every mail", func() bool { return len(relay.Messages()) >= 400 })
	first.stop()
	second.stop()
	relay.onceEach(s)
	s.finished()
}

// A command that sends shares the work with the process that serves, and sees it
// to its end.
func TestSendBesideServe(t *testing.T) {
	t.Parallel()
	relay := newRelay(t, nil)
	s := newSite(t, 200, relay.setting(connections))
	v := s.serveAnywhere()
	s.must("digest", "send", "--yes")
	s.finished()
	v.stop()
	relay.onceEach(s)
}

// Its log names the readers to whom a mail did not go, and with --verbose the others too.
func TestServeLogsReaders(t *testing.T) {
	t.Parallel()
	for _, verbose := range []bool{false, true} {
		relay := newRelay(t, func(step smtptest.Step) smtptest.Action {
			if step.Verb == smtptest.Rcpt && strings.Contains(step.To, "full@") {
				return smtptest.Action{Reply: "452 4.2.2 mailbox full"}
			}
			return smtptest.Action{}
		})
		s := newSite(t, 1, relay.setting(1))
		s.must("subscriber", "add", "full@example.org", "--confirmed", "--consent", "yes")
		s.must("digest", "send", "--yes", "--queue")
		v := s.serve("--role", "deliver", "--verbose="+strconv.FormatBool(verbose))
		waitFor(t, "both mails", func() bool {
			count := s.ledger().tally.Count
			return count[mailer.Sent] == 1 && count[mailer.Deferred] == 1
		})
		v.stop()
		said := v.err.String()
		if !strings.Contains(said, "full@example.org") || strings.Contains(said, s.active[0]) != verbose {
			t.Errorf("verbose %v: the log says\n%s", verbose, said)
		}
	}
}

// Its log says of each issue how it has ended, also of one that was sent in a moment.
func TestServeLogsHowIssuesEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t, 3, "transport: maildir")
	s.must("digest", "send", "--yes")
	v := s.serve("--role", "deliver")
	s.must("send", "go", "--again", "--yes", "--queue")
	_, said := s.here("issue", "list", "--json")
	var issues []struct{ ID string }
	if err := json.Unmarshal([]byte(said), &issues); err != nil || len(issues) != 2 {
		t.Fatalf("%v, %s", err, said)
	}
	waitFor(t, "the end", func() bool { return strings.Contains(v.err.String(), "issue ended") })
	v.stop()
	var line struct {
		Msg, Issue, State string
		Sent              int
	}
	for text := range strings.Lines(v.err.String()) {
		if strings.Contains(text, "issue ended") {
			if line.Msg != "" {
				t.Errorf("it tells of more than one:\n%s", v.err.String())
			}
			if err := json.Unmarshal([]byte(text), &line); err != nil {
				t.Error(err)
			}
		}
	}
	if line.Issue != issues[0].ID || line.State != "finished" || line.Sent != 3 {
		t.Errorf("it tells of %+v, want issue %s", line, issues[0].ID)
	}
}

// Killed in the middle, it goes on when it is started again.
func TestServeIsKilled(t *testing.T) {
	t.Parallel()
	relay := newRelay(t, nil)
	s := newSite(t, 400, relay.setting(connections))
	v := s.serveAnywhere()
	amid := relay.after(800)
	s.must("digest", "send", "--yes", "--queue")
	<-amid
	v.kill()
	before := len(relay.Messages())
	v = s.serveAnywhere()
	waitFor(t, "the end of the issue", func() bool { return s.ledger().tally.Open() == 0 })
	v.stop()
	s.finished()
	relay.missedNobody(s)
	twice := len(relay.Messages()) - len(s.active)
	if before == 0 || before >= len(s.active) || twice > connections {
		t.Errorf("killed after %d mails; %d came twice over %d connections", before, twice, connections)
	}
}

// Told to end, once or by timeout(1) twice, it lets the mails under way arrive and records
// them.
func TestServeDrains(t *testing.T) {
	for _, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			relay := newRelay(t, nil)
			s := newSite(t, 200, relay.setting(connections))
			v := s.serveAnywhere()
			amid := relay.after(500)
			s.must("digest", "send", "--yes", "--queue")
			<-amid
			v.signal(sig)
			time.Sleep(time.Millisecond)
			v.signal(sig)
			v.exits(exitDone, `"msg":"stopped"`)
			l := s.orderly()
			if sent := len(l.in(mailer.Sent)); sent == 0 || sent == len(s.active) || sent != len(relay.Messages()) || l.tally.Count[mailer.Uncertain] != 0 {
				t.Errorf("the ledger has %d as sent and %d as uncertain, the relay %d messages",
					sent, l.tally.Count[mailer.Uncertain], len(relay.Messages()))
			}
		})
	}
}

// A relay that says nothing more keeps it no longer than server.drain.
func TestServeDrainsAHungRelay(t *testing.T) {
	t.Parallel()
	hung := make(chan struct{}, 1)
	relay := newRelay(t, func(s smtptest.Step) smtptest.Action {
		if s.Verb != smtptest.Took {
			return smtptest.Action{}
		}
		hung <- struct{}{}
		return smtptest.Action{Hang: true}
	})
	s := newSite(t, 1, relay.setting(1))
	v := s.serveAnywhere()
	s.must("digest", "send", "--yes", "--queue")
	<-hung
	v.signal(syscall.SIGTERM)
	v.exits(exitDone, `"msg":"stopped"`)
	if n := s.orderly().tally.Count[mailer.Uncertain]; n != 1 {
		t.Errorf("%d deliveries are uncertain", n)
	}
}
