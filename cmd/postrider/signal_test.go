//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"postrider/cmd/postrider/config"
	"postrider/mailer"
	"postrider/mailer/smtptest"
)

const goOn = "interrupted; run the command again to go on"

// orderly checks that a process which was told to end has left nothing behind.
func (s *site) orderly() ledger {
	s.t.Helper()
	l := s.ledger()
	if l.tally.Claimed != 0 || l.tally.Count[mailer.Sending] != 0 {
		s.t.Errorf("%d deliveries are still held, %d being sent", l.tally.Claimed, l.tally.Count[mailer.Sending])
	}
	return l
}

// Told to end in the middle, a send lets the messages in flight arrive, records
// them, and says how far it has come and how to go on.
func TestSignalEndsASendInOrder(t *testing.T) {
	for _, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			relay := newRelay(t, nil)
			s := newSite(t, 200, relay.setting(connections))
			amid := relay.after(500)
			p := s.start("digest", "send", "--yes")
			<-amid
			p.signal(sig)
			p.exits(exitFailed, goOn)

			l := s.orderly()
			sent := l.in(mailer.Sent)
			p.exits(exitFailed, fmt.Sprintf("issue %s: %d queued, %d sent", l.issue.ID, len(l.in(mailer.Queued)), len(sent)))
			if len(sent) == 0 || len(sent) == len(s.active) || len(sent) != len(relay.Messages()) || l.tally.Count[mailer.Uncertain] != 0 {
				t.Errorf("the ledger has %d as sent and %d as uncertain, the relay %d messages",
					len(sent), l.tally.Count[mailer.Uncertain], len(relay.Messages()))
			}
			s.must("digest", "send", "--yes")
			relay.onceEach(s)
			s.finished()
		})
	}
}

// Told to end as the last message arrives, it says so all the same.
func TestSignalAtTheEndOfASend(t *testing.T) {
	t.Parallel()
	last := make(chan struct{})
	relay := newRelay(t, func(s smtptest.Step) smtptest.Action {
		if s.Verb == smtptest.Done && s.Count == 20 {
			close(last)
		}
		return smtptest.Action{}
	})
	s := newSite(t, 20, relay.setting(connections))
	p := s.start("digest", "send", "--yes")
	<-last
	_ = p.Process.Signal(syscall.SIGTERM) // it may have ended just now
	<-p.ended
	s.finished()
	want := fmt.Sprintf("issue %s: 20 sent", s.ledger().issue.ID)
	if said := p.out.String(); !strings.Contains(said, want) {
		t.Errorf("it does not say %q:\n%s%s", want, said, &p.err)
	}
	relay.onceEach(s)
}

// A key interrupts also tee(1), which reads what a send says: that is no reason to end
// in the middle of a message.
func TestSignalEndsASendThatNobodyReads(t *testing.T) {
	t.Parallel()
	relay := newRelay(t, nil)
	s := newSite(t, 200, relay.setting(connections))
	reader, said, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := s.prepare("postrider", nil, "digest", "send", "--yes")
	p.Stdout, p.Stderr = said, said
	amid := relay.after(500)
	p.run()
	<-amid
	if err := errors.Join(said.Close(), reader.Close()); err != nil {
		t.Fatal(err)
	}
	p.signal(syscall.SIGINT)
	p.exits(exitFailed)
	s.goOn(s.orderly())
	relay.onceEach(s)
}

// Of an issue that has not got all its readers yet, the report says so.
func TestReportOfAnInterruptedCut(t *testing.T) {
	t.Parallel()
	s := newSite(t, 3, "transport: maildir")
	s.must("digest", "send", "--yes", "--queue")
	s.plant(`UPDATE issue SET state = 'expanding', expanded_to = (SELECT max(subscriber_id) FROM delivery)`)
	issue := s.ledger().issue.ID
	cfg, err := config.Load(s.path("config.yaml"), func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	open, err := (&app{out: &said, err: &said, now: time.Now}).openSession(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer open.store.Close()
	if err := open.reportIssues(t.Context(), []string{issue}); err != nil {
		t.Error(err)
	}
	if want := "not all its readers are in it yet"; !strings.Contains(said.String(), want) {
		t.Errorf("it does not say %q:\n%s", want, &said)
	}
}

// A relay that says nothing more holds nobody up: the connections are cut when
// their time is over. What may have arrived is uncertain, the rest is not.
func TestSignalEndsASendToAHungRelay(t *testing.T) {
	tests := map[smtptest.Verb]mailer.DeliveryState{
		smtptest.Connect: mailer.Queued,
		smtptest.Rcpt:    mailer.Deferred,
		smtptest.Took:    mailer.Uncertain,
	}
	for verb, want := range tests {
		t.Run(string(verb), func(t *testing.T) {
			t.Parallel()
			hung := make(chan struct{}, connections)
			relay := newRelay(t, func(s smtptest.Step) smtptest.Action {
				if s.Verb != verb || s.Count > connections {
					return smtptest.Action{}
				}
				hung <- struct{}{}
				return smtptest.Action{Hang: true}
			})
			s := newSite(t, 40, relay.setting(connections))
			p := s.start("digest", "send", "--yes")
			for range connections {
				<-hung
			}
			p.signal(syscall.SIGINT)
			p.exits(exitFailed, goOn)

			l := s.orderly()
			if n := len(l.in(want)); n != len(s.active) && (want == mailer.Queued || n != connections) {
				t.Errorf("%d deliveries are %s, of %v", n, want, l.tally.Count)
			}
			s.goOn(l)
		})
	}
}

// goOn runs the send again to its end. Only what is uncertain may come twice.
func (s *site) goOn(before ledger) {
	s.t.Helper()
	uncertain := before.in(mailer.Uncertain)
	if len(uncertain) > 0 {
		s.start("digest", "send", "--yes").exits(exitIncomplete, "uncertain")
		s.must("issue", "retry", before.issue.ID, "--state", "uncertain")
	}
	s.must("digest", "send", "--yes")
	s.finished()
}

// A second signal does not wait.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	hung := make(chan struct{}, 1)
	relay := newRelay(t, func(s smtptest.Step) smtptest.Action {
		if s.Verb != smtptest.Took || s.Count > 1 {
			return smtptest.Action{}
		}
		hung <- struct{}{}
		return smtptest.Action{Hang: true}
	})
	s := newSite(t, 1, relay.setting(1))
	p := s.start("digest", "send", "--yes", "--verbose")
	<-hung
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for ended := false; !ended; { // two that come too close together are one
		select {
		case <-p.ended:
			ended = true
		case <-tick.C:
			_ = p.Process.Signal(syscall.SIGINT) // it may have ended just now
		}
	}
	if status, ok := p.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() {
		t.Errorf("it ended as %v", p.ProcessState)
	}
	s.must("digest", "send", "--yes")
	s.finished()
}

// A terminal that is closed ends a service in order, however often that is told; one
// that was begun with nohup goes on.
func TestHangup(t *testing.T) {
	t.Parallel()
	s := newSite(t, 1, "transport: maildir")
	v := s.serveAnywhere()
	v.signal(syscall.SIGHUP)
	_ = v.Process.Signal(syscall.SIGHUP) // it may have ended just now
	v.exits(exitDone, `"stopped"`)

	// As nohup does it.
	s.write("nohup", "#!/bin/sh\ntrap '' HUP\nexec postrider \"$@\"\n")
	if err := os.Chmod(s.path("nohup"), 0o755); err != nil {
		t.Fatal(err)
	}
	v = s.serveAs(s.path("nohup"), nil, "--address", "127.0.0.1:0")
	v.signal(syscall.SIGHUP)
	for range 50 {
		if status, _ := v.get("/healthz"); status != http.StatusOK {
			t.Errorf("/healthz: %d", status)
		}
	}
	v.stop()
}

// An interrupt ends an import whose input does not end, and nobody of it is on
// the list.
func TestSignalEndsAnImport(t *testing.T) {
	t.Parallel()
	s := newSite(t, 1, "transport: maildir")
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer out.Close()
	p := s.prepare("postrider", nil, "subscriber", "import", "-", "--confirmed", "--consent", "yes")
	p.Stdin = in
	p.run()
	var list strings.Builder
	list.WriteString("email\n")
	for i := range 10000 { // more than a pipe holds: once all is written, most was read
		fmt.Fprintf(&list, "more%d@example.org\n", i)
	}
	if _, err := out.WriteString(list.String()); err != nil {
		t.Fatal(err)
	}
	p.signal(syscall.SIGTERM)
	p.exits(exitFailed, "interrupted; nothing was imported")
	if n := s.actives(); n != 1 {
		t.Errorf("%d active, want the one from before", n)
	}
}

// Nor does a question outlast its asker's patience.
func TestReadingEndsWithItsContext(t *testing.T) {
	in, never := io.Pipe()
	defer never.Close()
	ctx, cancel := context.WithCancel(t.Context())
	r := (&app{in: in}).reading(ctx)
	cancel()
	if _, err := io.ReadAll(r); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
