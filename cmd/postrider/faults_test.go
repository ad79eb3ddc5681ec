package main

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"postrider/mailer"
)

// waiting checks that a send which could not begin has left everything queued.
func (s *site) waiting() {
	s.t.Helper()
	l := s.ledger()
	if len(l.in(mailer.Queued)) != len(s.active) || l.tally.Claimed != 0 {
		s.t.Errorf("the ledger has %v, %d held; want all queued", l.tally.Count, l.tally.Claimed)
	}
}

// A relay that is not there costs nothing but time.
func TestRelayIsNotThere(t *testing.T) {
	t.Parallel()
	relay := newRelay(t, nil)
	s := newSite(t, 20, relay.setting(connections))
	relay.Close()
	code, said := s.here("digest", "send", "--yes")
	if code != exitFailed || !strings.Contains(said, "nothing is lost") || !strings.Contains(said, "connection is refused") {
		t.Errorf("exit status %d: %s", code, said)
	}
	s.waiting()
	relay = newRelay(t, nil)
	s.configure(relay.setting(connections))
	s.must("digest", "send", "--yes")
	relay.onceEach(s)
	s.finished()
}

// Nor does a Maildir that cannot be made.
func TestMaildirCannotBeMade(t *testing.T) {
	t.Parallel()
	s := newSite(t, 20, "transport: maildir")
	s.write("outbox", "not a folder")
	code, said := s.here("digest", "send", "--yes")
	if code != exitFailed || !strings.Contains(said, "a file stands where a folder is needed") {
		t.Errorf("exit status %d: %s", code, said)
	}
	s.waiting()
	if err := os.Remove(s.path("outbox")); err != nil {
		t.Fatal(err)
	}
	s.must("digest", "send", "--yes")
	s.oneFileEach()
	s.finished()
}

// full is a place to write to that has no room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// What cannot be printed is a failure, whatever the command: a list that a
// script saves must not end early without a word.
func TestOutputWithoutRoom(t *testing.T) {
	t.Parallel()
	s := newSite(t, 3, "transport: maildir")
	for _, command := range []string{
		"subscriber export", "subscriber list", "subscriber list --json", "issue list", "post list --json",
		"digest plan", "digest preview", "config show", "config show --json", "version", "help", "completion bash",
	} {
		var errs bytes.Buffer
		a := &app{in: strings.NewReader(""), out: full{}, err: &errs, now: time.Now, getenv: func(string) string { return "" }}
		args := append([]string{"--config", s.path("config.yaml")}, strings.Fields(command)...)
		if code := a.run(t.Context(), args); code != exitFailed || !strings.Contains(errs.String(), "no space left") {
			t.Errorf("%s: exit status %d, %q", command, code, &errs)
		}
	}
}
