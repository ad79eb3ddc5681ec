package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// In a Maildir every message is one file, however often its writer was killed.
func TestKilledDigestIntoMaildir(t *testing.T) {
	t.Parallel()
	opening := newSite(t, 1, "transport: maildir").took("digest", "send", "--yes")
	whole := newSite(t, 400, "transport: maildir").took("digest", "send", "--yes")
	random, kills := rand.New(rand.NewPCG(3, 3)), fromEnv(t, "POSTRIDER_KILLS", 20)/2
	s := newSite(t, 400, "transport: maildir")
	killed := 0
	for range kills {
		p := s.start("digest", "send", "--yes")
		select {
		case <-time.After(within(random, opening+2*(whole-opening)/time.Duration(kills))):
			p.kill()
			killed++
		case <-p.ended:
		}
		s.ledger()
	}
	t.Logf("%d of %d processes were killed in time; a whole run takes %v", killed, kills, whole)
	if killed == 0 {
		t.Error("no process was killed")
	}
	s.must("digest", "send", "--yes")
	s.finished()
	s.oneFileEach()
}

// took runs a command and tells how long it takes.
func (s *site) took(args ...string) time.Duration {
	s.t.Helper()
	start := time.Now()
	s.must(args...)
	return time.Since(start)
}

// oneFileEach checks that the Maildir holds one message for each active reader.
func (s *site) oneFileEach() {
	s.t.Helper()
	files, err := filepath.Glob(s.path("outbox/new/*"))
	if err != nil || len(files) != len(s.active) {
		s.t.Fatalf("%d files, want %d; %v", len(files), len(s.active), err)
	}
	to := make(map[string]int)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			s.t.Fatal(err)
		}
		to[addressee(data)]++
	}
	for _, email := range s.active {
		if to[email] != 1 {
			s.t.Errorf("%d files are for %s", to[email], email)
		}
	}
}
