package store

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// copyOf copies the database file as a person would, with everything folded into it.
func copyOf(t testing.TB, s *Store, name string) string {
	t.Helper()
	run(t, s, `PRAGMA wal_checkpoint(TRUNCATE)`)
	data, err := os.ReadFile(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(filepath.Dir(s.Path()), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// locked fails the test unless the database is locked, or not, as it should be.
func locked(t testing.TB, s *Store, want bool) {
	t.Helper()
	reason, is, err := s.Locked(t.Context())
	if err != nil || is != want || is != (reason != "") {
		t.Errorf("%s is locked: %v (%q, %v), want %v", filepath.Base(s.Path()), is, reason, err, want)
	}
}

func TestACopyIsLocked(t *testing.T) {
	c := newClub(t)
	_, d := c.one()
	copied := openStore(t, copyOf(t, c.Store, "copy.db"))
	locked(t, copied, true)
	locked(t, openStore(t, copied.Path()), true)

	// The original goes on, also under another name and through a link.
	locked(t, c.Store, false)
	c.intend(d)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(c.Path(), link); err != nil {
		t.Fatal(err)
	}
	locked(t, openStore(t, link), false)

	was, err := copied.Unlock(c.ctx, c.now)
	if err != nil || !was.Locked() || was.Since.IsZero() || !strings.Contains(was.Reason(), "copy") {
		t.Errorf("unlocked %+v, %v", was, err)
	}
	locked(t, openStore(t, copied.Path()), false)
	if lock, err := copied.Lock(c.ctx); err != nil || !lock.Unlocked.Equal(stored(c.now)) || !lock.Since.IsZero() {
		t.Errorf("after it %+v, %v", lock, err)
	}
	if was, err = copied.Unlock(c.ctx, c.now); err != nil || was.Locked() {
		t.Errorf("unlocked twice: %+v, %v", was, err)
	}
	// A copy of the copy is another file again.
	locked(t, openStore(t, copyOf(t, copied, "third.db")), true)
}

// What leads to mail is refused by the transaction that would do it, whoever
// looked before, and leaves nothing behind.
func TestLockedRefuses(t *testing.T) {
	c := newClub(t)
	c.readers(5)
	c.publish("go")
	open := c.write(weekly) // its readers are still to be added
	c.publish("go")
	snap, err := c.Snapshot(c.ctx, weekly, c.now)
	c.ok(err)

	copied := openStore(t, copyOf(t, c.Store, "copy.db"))
	worker := c.enlist(copied)
	before := value[int64](t, copied, `SELECT total_changes()`)
	is := newsletter.Issue{ID: "new", Digest: "weekly", Window: "new", Newest: snap.Newest, Created: c.now, Expires: c.now}
	_, claiming := copied.Claim(c.ctx, worker, c.now, 1)
	_, expanding := copied.Expand(c.ctx, open, 1, c.now, chooser(weekly, snap.Publications))
	for what, err := range map[string]error{
		"claim": claiming, "expand": expanding,
		"write an issue": copied.WriteIssue(c.ctx, is, weekly, snap, nil),
		"close a window": copied.CloseWindow(c.ctx, newsletter.Closing{Digest: "weekly", Window: "new",
			State: newsletter.WindowMissed}, weekly, c.now),
	} {
		if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "postrider unlock") {
			t.Errorf("%s: %v, want ErrLocked", what, err)
		}
	}
	if after := value[int64](t, copied, `SELECT total_changes()`); after != before {
		t.Errorf("%d rows were changed", after-before)
	}
	if _, err := copied.Unlock(c.ctx, c.now); err != nil {
		t.Error(err)
	}
	if _, err := copied.Expand(c.ctx, open, 9, c.now, chooser(weekly, snap.Publications[:1])); err != nil {
		t.Errorf("once it is unlocked: %v", err)
	}
}

// Nor does a message go out that was claimed before: it can be claimed once the database
// is unlocked.
func TestLockedStopsWhatIsClaimed(t *testing.T) {
	c := newClub(t)
	issue, d := c.one()
	run(t, c.Store, `UPDATE house SET locked = 'replaced', locked_at = 1`)
	if verdict := c.intend(d); verdict != mailer.Refused {
		t.Errorf("the intent is %v, want it refused", verdict)
	}
	if row := c.row(issue); row.State != mailer.Queued {
		t.Errorf("the delivery is %s, want it queued", row.State)
	}
	run(t, c.Store, `UPDATE house SET locked = '', locked_at = NULL`)
	if again := c.claim(10); len(again) != 1 || c.intend(again[0]) != mailer.Recorded {
		t.Errorf("once it is unlocked, claimed %+v", again)
	}
	c.sound()
}

func TestPlaces(t *testing.T) {
	born := func(at int64) sql.NullInt64 { return sql.NullInt64{Int64: at, Valid: true} }
	for _, test := range []struct {
		a, b place
		same bool
	}{
		{place{id: "inode 1"}, place{id: "inode 1"}, true},
		{place{id: "inode 1"}, place{id: "inode 2"}, false},
		{place{"inode 1", born(5)}, place{"inode 1", born(5)}, true},
		{place{"inode 1", born(5)}, place{"inode 1", born(6)}, false}, // the number was used again
		{place{"inode 1", born(5)}, place{id: "inode 1"}, true},       // a kernel that tells less
	} {
		if test.a.is(test.b) != test.same || test.b.is(test.a) != test.same {
			t.Errorf("%+v and %+v: want the same: %v", test.a, test.b, test.same)
		}
	}
}

// A file that is written anew under the same name is another one, whatever its
// inode; one that is renamed, vacuumed or opened on another day is not.
func TestWhatKeepsAPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postrider.db")
	first := openStore(t, path)
	run(t, first, `VACUUM`)
	run(t, first, `PRAGMA wal_checkpoint(TRUNCATE)`)
	if err := os.Chtimes(path, time.Now(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	moved := filepath.Join(t.TempDir(), "moved.db")
	if err := os.Rename(path, moved); err != nil {
		t.Fatal(err)
	}
	locked(t, openStore(t, moved), false)

	data, err := os.ReadFile(moved)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(moved); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(moved, data, 0o600); err != nil {
		t.Fatal(err)
	}
	second, err := Open(t.Context(), moved, Options{AnyFile: true})
	if err != nil {
		t.Fatal(err)
	}
	locked(t, second, false)
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	locked(t, openStore(t, moved), true)
}

// A database from before the question was asked is at home where it is found.
func TestTheFirstLookAdopts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postrider.db")
	s := openStore(t, path)
	run(t, s, `UPDATE house SET file = NULL, file_born = NULL`)
	there := copyOf(t, s, "there.db")
	locked(t, openStore(t, there), false)
	if home := value[string](t, openStore(t, there), `SELECT file FROM house`); home == "" {
		t.Error("it has not settled in")
	}
}
