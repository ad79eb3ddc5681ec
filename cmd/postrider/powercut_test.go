//go:build linux

package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"postrider/store"
)

// A digest whose machine loses its power again and again reaches everybody, and
// twice only those whose message was in flight; no row of the ledger is lost, and
// the database is whole after each.
func TestPowerCuts(t *testing.T) {
	t.Parallel()
	k := newKilling(t, 12, "resend")
	d := newDisk(t, k.dir)
	for life := range k.kills {
		k.relay.begin(life)
		dead := k.moment(life)
		p := d.powered(k.site, "digest", "send", "--yes")
		select {
		case <-dead:
			p.kill()
		case <-p.ended:
			t.Fatalf("life %d ended by itself: %v\n%s%s", life, p.ProcessState, &p.out, &p.err)
		}
		d.fail()
		k.whole()
		k.note()
	}
	k.relay.begin(k.kills)
	k.must("digest", "send", "--yes")
	k.relay.Close()
	twice := k.compare()
	t.Logf("%d messages came twice; of %d writes something was lost", twice, d.lost)
	if d.lost == 0 {
		t.Error("no power cut has lost anything: the disk was not tried")
	}
	k.relay.missedNobody(k.site)
	k.finished()
	k.oneWindow()
}

// whole checks the database page by page.
func (s *site) whole() {
	s.t.Helper()
	s.look(func(ctx context.Context, st *store.Store) {
		problems, err := st.Check(ctx)
		if err != nil || len(problems) > 0 {
			s.t.Fatalf("the database is damaged: %q, %v", problems, err)
		}
		if lock, err := st.Lock(ctx); err != nil || lock.Locked() {
			s.t.Fatalf("the database is locked: %s, %v", lock.Reason(), err)
		}
	})
}

// The proof of the test above: on a disk that says it has synced and has not,
// acknowledged commits are lost, and the test's disk shows it.
func TestPowerCutsOfALyingDisk(t *testing.T) {
	t.Parallel()
	relay := newRelay(t, nil)
	s := newSite(t, 200, relay.setting(connections))
	d := newDisk(t, s.dir)
	d.lies = true
	p := d.powered(s, "digest", "send", "--yes")
	<-relay.after(200 * 7 / 2)
	p.kill()
	sent := 0
	s.look(func(ctx context.Context, st *store.Store) { sent = s.sentOf(ctx, st) })
	d.fail()
	db, err := store.Open(t.Context(), s.path("postrider.db"), store.Options{Wait: time.Second})
	if err != nil {
		t.Logf("the database cannot be opened, as was to be feared: %v", err)
		return
	}
	defer db.Close()
	if left := s.sentOf(t.Context(), db); left >= sent {
		t.Errorf("%d deliveries were sent before the power failed and %d after it: nothing was lost", sent, left)
	}
}

// sentOf counts what a database says was sent.
func (s *site) sentOf(ctx context.Context, st *store.Store) (sent int) {
	s.t.Helper()
	issues, err := st.Issues(ctx, 0)
	if err != nil || len(issues) == 0 {
		return 0
	}
	tally, err := st.Tally(ctx, issues[0].ID)
	if err != nil {
		return 0
	}
	for state, n := range tally.Count {
		if fmt.Sprint(state) == "sent" {
			sent += int(n)
		}
	}
	return sent
}
