package main

import (
	"context"
	"path/filepath"
	"testing"

	"postrider/mailer"
	"postrider/store"
)

// A backup that is made while mail goes out is a ledger in itself, and sends
// nothing; the sender does not notice.
func TestBackupWhileSending(t *testing.T) {
	t.Parallel()
	relay := newRelay(t, nil)
	s := newSite(t, 400, relay.setting(connections))
	s.must("digest", "send", "--yes", "--queue")
	half := relay.after(len(s.active) * 7 / 2)
	p := s.start("deliver", "--until-idle")
	<-half
	s.must("backup", "backup.db")
	p.exits(exitDone, "400 sent")
	relay.onceEach(s)
	s.finished()

	s.must("restore", "backup.db", "--force")
	s.start("deliver", "--until-idle").exits(exitFailed, "postrider unlock")
	relay.onceEach(s)
	l := s.ledger()
	if sent := len(l.in(mailer.Sent)); sent == 0 || sent == len(s.active) || len(l.states) != len(s.active) {
		t.Errorf("the backup has %d sent of %d deliveries; it was made in the middle", sent, len(l.states))
	}
	s.look(func(ctx context.Context, st *store.Store) {
		if problems, err := st.Check(ctx); err != nil || len(problems) > 0 {
			t.Errorf("%q, %v", problems, err)
		}
	})
}

// A database that a process works with is not taken from under it.
func TestRestoreUnderAProcess(t *testing.T) {
	t.Parallel()
	relay := newRelay(t, nil)
	s := newSite(t, 1, relay.setting(connections))
	s.must("backup", "backup.db")
	begun := relay.after(1)
	p := s.start("deliver")
	s.must("digest", "send", "--yes", "--queue")
	<-begun
	s.start("restore", "backup.db", "--force").exits(exitFailed, "another process has", "stop it first")
	p.kill()
	s.must("restore", "backup.db", "--force")
	if kept, err := filepath.Glob(s.path("postrider.db.20*")); err != nil || len(kept) != 1 {
		t.Errorf("the former database is %q, %v", kept, err)
	}
}
