package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postrider/newsletter"
)

// rescue is a database and a backup of it from before its last reader came.
type rescue struct {
	*club
	backup string
	target string
}

func newRescue(t *testing.T) *rescue {
	t.Helper()
	c := newClub(t)
	c.join("ada@example.org", newsletter.Weekly)
	r := &rescue{club: c, backup: filepath.Join(t.TempDir(), "backup.db"), target: filepath.Join(t.TempDir(), "postrider.db")}
	_, err := c.Backup(c.ctx, r.backup, false, c.now.Add(-time.Hour))
	c.ok(err)
	c.join("bob@example.org", newsletter.Weekly)
	return r
}

func (r *rescue) restore(from string, replace bool) (Restored, error) {
	return Restore(r.ctx, from, r.target, replace, r.now)
}

// headcount counts the readers of a database, and lets go of it.
func headcount(t testing.TB, path string) int {
	t.Helper()
	s := openStore(t, path)
	defer s.Close()
	return value[int](t, s, `SELECT count(*) FROM subscriber`)
}

func TestRestore(t *testing.T) {
	r := newRescue(t)
	done, err := r.restore(r.backup, false)
	r.ok(err)
	if !done.Made.Equal(stored(r.now.Add(-time.Hour))) || done.Kept != "" || done.Size == 0 || files(t, filepath.Dir(r.target)) != "postrider.db" {
		t.Errorf("restored %+v into %q", done, files(t, filepath.Dir(r.target)))
	}
	s := openStore(t, r.target)
	locked(t, s, true)
	if lock, err := s.Lock(r.ctx); err != nil || !strings.Contains(lock.Reason(), "restored") || !lock.Since.Equal(stored(r.now)) {
		t.Errorf("locked %+v, %v", lock, err)
	}
	if n := headcount(t, r.target); n != 1 {
		t.Errorf("%d readers, want 1", n)
	}
	if _, err := s.Unlock(r.ctx, r.now); err != nil {
		t.Error(err)
	}
	locked(t, openStore(t, r.target), false)
}

// A copy that was taken in the middle of a change has a journal beside it, without
// which it is not what it seems.
func TestRestoreWantsNoJournal(t *testing.T) {
	r := newRescue(t)
	r.ok(os.WriteFile(r.backup+"-journal", []byte("half a change"), 0o600))
	if _, err := r.restore(r.backup, false); !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), "-journal lies beside it") {
		t.Errorf("got %v", err)
	}
	if got := files(t, filepath.Dir(r.target)); got != "" {
		t.Errorf("it left %q", got)
	}
}

func TestRestoreReplaces(t *testing.T) {
	r := newRescue(t)
	former := openStore(t, r.target)
	if _, err := r.restore(r.backup, false); !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), "--force") {
		t.Errorf("over a database: %v", err)
	}
	if _, err := r.restore(r.backup, true); !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "stop it first") {
		t.Errorf("under the feet of a process: %v", err)
	}
	locked(t, former, false)
	if got := files(t, filepath.Dir(r.target)); got != "postrider.db" {
		t.Errorf("refused and left %q", got)
	}
	r.ok(former.Close())
	done, err := r.restore(r.backup, true)
	r.ok(err)
	if n, was := headcount(t, r.target), headcount(t, done.Kept); n != 1 || was != 0 {
		t.Errorf("%d readers, and %d in the former", n, was)
	}
	if got, want := files(t, filepath.Dir(r.target)), "postrider.db "+filepath.Base(done.Kept); got != want {
		t.Errorf("left %q, want %q", got, want)
	}
	old := openStore(t, done.Kept)
	locked(t, old, true)
	if lock, err := old.Lock(r.ctx); err != nil || !strings.Contains(lock.Reason(), "in its place") {
		t.Errorf("the former is locked %+v, %v", lock, err)
	}
	// Twice in a second is an error, not a loss, and the one that stays may send.
	r.ok(old.Close())
	stays := openStore(t, r.target)
	_, err = stays.Unlock(r.ctx, r.now)
	r.ok(err)
	r.ok(stays.Close())
	if _, err := r.restore(r.backup, true); !errors.Is(err, ErrConflict) || headcount(t, done.Kept) != 0 {
		t.Errorf("over what was kept: %v", err)
	}
	stays = openStore(t, r.target)
	locked(t, stays, false)
	r.ok(stays.Close())
	// Nor are the log and the journal of what was kept lost.
	r.ok(os.Rename(done.Kept, done.Kept+"-wal"))
	if _, err := r.restore(r.backup, true); !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), "-wal exists already") {
		t.Errorf("over a log that was kept: %v", err)
	}
}

// What a backup is for: the database is broken, or gone and its log is not.
func TestRestoreOverRuins(t *testing.T) {
	r := newRescue(t)
	ruin := []byte(strings.Repeat("ruin ", 1000))
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		r.ok(os.WriteFile(r.target+suffix, ruin, 0o600))
	}
	done, err := r.restore(r.backup, true)
	r.ok(err)
	if kept, err := os.ReadFile(done.Kept); err != nil || string(kept) != string(ruin) {
		t.Errorf("the ruin was not kept as it was: %v", err)
	}
	if n := headcount(t, r.target); n != 1 {
		t.Errorf("%d readers, want 1", n)
	}

	// The log of a database that nobody has any more, valid in itself.
	run(t, r.Store, `PRAGMA wal_autocheckpoint = 0`)
	r.join("carl@example.org", newsletter.Weekly)
	log, err := os.ReadFile(r.Path() + "-wal")
	r.ok(err)
	r.target = filepath.Join(t.TempDir(), "postrider.db")
	r.ok(os.WriteFile(r.target+"-wal", log, 0o600))
	_, err = r.restore(r.backup, false)
	r.ok(err)
	s := openStore(t, r.target)
	if problems, err := s.Check(r.ctx); err != nil || len(problems) > 0 || headcount(t, r.target) != 1 {
		t.Errorf("%q, %v; want the one reader of the backup", problems, err)
	}
}

// A file that is no sound database of ours changes nothing.
func TestRestoreLooksFirst(t *testing.T) {
	r := newRescue(t)
	dir := t.TempDir()
	data, err := os.ReadFile(r.backup)
	r.ok(err)
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		r.ok(os.WriteFile(path, data, 0o600))
		return path
	}
	broken := append([]byte{}, data...)
	for i := range broken[8192:] {
		broken[8192+i] = 0xff
	}
	alien := filepath.Join(dir, "alien.db")
	scratch(t, alien, `CREATE TABLE cookies (id)`)
	newer := openStore(t, write("newer.db", data))
	run(t, newer, `PRAGMA user_version = 99`)
	r.ok(newer.Close())

	r.ok(openStore(t, r.target).Close())
	for path, want := range map[string]error{
		write("half.db", data[:len(data)/2]): ErrDamaged,
		write("broken.db", broken):           ErrDamaged,
		write("notes.txt", broken[8192:]):    ErrForeign,
		write("empty.db", nil):               ErrForeign,
		alien:                                ErrForeign,
		newer.Path():                         ErrNewer,
		filepath.Join(dir, "nowhere.db"):     os.ErrNotExist,
		dir:                                  ErrForeign,
		r.target:                             ErrConflict,
	} {
		if _, err := r.restore(path, true); !errors.Is(err, want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %v", filepath.Base(path), err, want)
		}
	}
	if got := files(t, filepath.Dir(r.target)); got != "postrider.db" {
		t.Errorf("left %q", got)
	}
	locked(t, openStore(t, r.target), false)
}

// A copy of a database that is open counts with what its log holds, and the place
// it lies in may be one that nobody can write.
func TestRestoreAPlainCopy(t *testing.T) {
	r := newRescue(t)
	dir := t.TempDir()
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(r.Path() + suffix)
		r.ok(err)
		r.ok(os.WriteFile(filepath.Join(dir, "copy.db")+suffix, data, 0o600))
	}
	done, err := r.restore(filepath.Join(dir, "copy.db"), false)
	r.ok(err)
	if n := headcount(t, r.target); n != 2 || !done.Made.IsZero() {
		t.Errorf("%d readers, %+v", n, done)
	}
}
