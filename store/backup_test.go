package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"postrider/newsletter"
)

// files lists a folder, but for what SQLite keeps beside an open database.
func files(t testing.TB, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "-wal") && !strings.HasSuffix(e.Name(), "-shm") {
			names = append(names, e.Name())
		}
	}
	return strings.Join(names, " ")
}

func TestBackup(t *testing.T) {
	c := newClub(t)
	c.one()
	dir := t.TempDir()
	file := filepath.Join(dir, "backup.db")
	done, err := c.Backup(c.ctx, file, false, c.now)
	c.ok(err)
	info, err := os.Stat(file)
	c.ok(err)
	if info.Size() != done.Size || done.Kept != "" || info.Mode().Perm() != 0o600 || files(t, dir) != "backup.db" {
		t.Errorf("wrote %d octets, mode %o, beside it %q; returned %+v", info.Size(), info.Mode().Perm(), files(t, dir), done)
	}
	locked(t, c.Store, false)
	copied := openStore(t, file)
	locked(t, copied, true)
	if n := value[int](t, copied, `SELECT count(*) FROM delivery`); n != 1 {
		t.Errorf("%d deliveries in the copy, want 1", n)
	}

	if _, err := c.Backup(c.ctx, file, false, c.now); !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), "--force") {
		t.Errorf("over a file that is there: %v", err)
	}
	if _, err := c.Backup(c.ctx, c.Path(), true, c.now); !errors.Is(err, ErrConflict) {
		t.Errorf("over itself: %v", err)
	}
	if _, err := c.Backup(c.ctx, dir, true, c.now); !errors.Is(err, ErrConflict) {
		t.Errorf("over a folder: %v", err)
	}
	if _, err := c.Backup(c.ctx, filepath.Join(dir, "nowhere", "b.db"), true, c.now); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("into a folder that is not there: %v", err)
	}
	c.join("bob@example.org", newsletter.Weekly)
	if _, err := c.Backup(c.ctx, file, true, c.now); err != nil {
		t.Error(err)
	}
	if n := value[int](t, openStore(t, file), `SELECT count(*) FROM subscriber`); n != 2 {
		t.Errorf("%d subscribers in the second backup, want 2", n)
	}
}

// workedIn makes a backup at path in which somebody has written since: into the log
// alone, which kill -9 left beside it.
func (c *club) workedIn(path string) {
	c.t.Helper()
	original := filepath.Join(c.t.TempDir(), "backup.db")
	_, err := c.Backup(c.ctx, original, false, c.now)
	c.ok(err)
	s := openStore(c.t, original)
	run(c.t, s, `PRAGMA wal_autocheckpoint = 0`)
	run(c.t, s, `INSERT INTO former_guid (guid, at) VALUES ('in the log', 7)`)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		data, err := os.ReadFile(original + suffix)
		c.ok(err)
		c.ok(os.WriteFile(path+suffix, data, 0o600))
	}
}

// restores counts in a backup, once that is restored, the readers and what was in
// the log of another.
func (c *club) restores(path string) (readers, logged int) {
	c.t.Helper()
	target := filepath.Join(c.t.TempDir(), "postrider.db")
	_, err := Restore(c.ctx, path, target, false, c.now)
	c.ok(err)
	s := openStore(c.t, target)
	if problems, err := s.Check(c.ctx); err != nil || len(problems) > 0 {
		c.t.Errorf("%s: %q, %v", filepath.Base(path), problems, err)
	}
	return headcount(c.t, target), value[int](c.t, s, `SELECT count(*) FROM former_guid`)
}

// What is left beside the name is not played into the new backup, and not lost.
func TestBackupWhereALogLies(t *testing.T) {
	c := newClub(t)
	c.join("ada@example.org", newsletter.Weekly)
	file := filepath.Join(t.TempDir(), "backup.db")
	c.workedIn(file)
	c.join("bob@example.org", newsletter.Weekly)
	done, err := c.Backup(c.ctx, file, true, c.now)
	c.ok(err)
	if readers, logged := c.restores(file); readers != 2 || logged != 0 {
		t.Errorf("%d readers, and %d rows of another's log", readers, logged)
	}
	if readers, logged := c.restores(done.Kept); readers != 1 || logged != 1 {
		t.Errorf("kept with %d readers, and %d rows of its log", readers, logged)
	}

	// The file is gone, and its log is not.
	for _, suffix := range []string{"-wal", "-journal"} {
		file := filepath.Join(t.TempDir(), "backup.db")
		c.workedIn(file)
		c.ok(os.Remove(file))
		c.ok(os.Remove(file + "-shm"))
		if suffix != "-wal" {
			c.ok(os.Rename(file+"-wal", file+suffix))
		}
		left := contents(t, filepath.Dir(file))
		if _, err := c.Backup(c.ctx, file, false, c.now); !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), file+suffix+" lies there") {
			t.Errorf("where %s lies: %v", suffix, err)
		}
		if now := contents(t, filepath.Dir(file)); !maps.Equal(left, now) {
			t.Errorf("refused where %s lies, and changed what was there", suffix)
		}
		done, err := c.Backup(c.ctx, file, true, c.now)
		c.ok(err)
		if readers, logged := c.restores(file); readers != 2 || logged != 0 {
			t.Errorf("where %s lay: %d readers, and %d rows of another's log", suffix, readers, logged)
		}
		if log, err := os.ReadFile(done.Kept + suffix); err != nil || string(log) != left["backup.db"+suffix] {
			t.Errorf("%s was not kept as it was: %v", suffix, err)
		}
	}
}

// Who works in the file that is replaced goes on in what is kept.
func TestBackupOverAnOpenFile(t *testing.T) {
	c := newClub(t)
	file := filepath.Join(t.TempDir(), "backup.db")
	_, err := c.Backup(c.ctx, file, false, c.now)
	c.ok(err)
	open := openStore(t, file)
	run(t, open, `INSERT INTO former_guid (guid, at) VALUES ('before', 7)`)
	done, err := c.Backup(c.ctx, file, true, c.now)
	c.ok(err)
	run(t, open, `INSERT INTO former_guid (guid, at) VALUES ('after', 7)`)
	c.ok(open.Close())
	_, here := c.restores(file)
	_, kept := c.restores(done.Kept)
	if here != 0 || kept != 2 {
		t.Errorf("%d rows of another's log, and %d in what was kept; want both rows there", here, kept)
	}
}

// A database may be called as the log of another would be.
func TestBackupTakesNoDatabaseForALog(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, filepath.Join(dir, "my-journal"))
	if _, err := s.Backup(t.Context(), filepath.Join(dir, "my"), true, time.Now()); !errors.Is(err, ErrConflict) || files(t, dir) != "my-journal" {
		t.Errorf("got %v, and %q", err, files(t, dir))
	}
}

// A backup that is broken off leaves nothing behind, and what was there before.
func TestBackupIsBrokenOff(t *testing.T) {
	c := newClub(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "backup.db")
	c.ok(os.WriteFile(file, []byte("the last one"), 0o600))
	ctx, cancel := context.WithCancel(c.ctx)
	cancel()
	if _, err := c.Backup(ctx, file, true, c.now); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != "the last one" || files(t, dir) != "backup.db" {
		t.Errorf("left %q, %v and %q", data, err, files(t, dir))
	}
}

// Damage is found when the backup is made, not when it is needed.
func TestBackupOfADamagedDatabase(t *testing.T) {
	s := newStore(t)
	run(t, s, `PRAGMA foreign_keys = 0`)
	run(t, s, `INSERT INTO post_tag (tag, post_id, label) VALUES ('a', 7, 'A')`)
	dir := t.TempDir()
	if _, err := s.Backup(t.Context(), filepath.Join(dir, "b.db"), false, time.Now()); !errors.Is(err, ErrDamaged) || files(t, dir) != "" {
		t.Errorf("got %v, and %q", err, files(t, dir))
	}
}

// While others write without a pause each backup comes to its end, and is one
// moment of the database: what one transaction wrote is in it, or not.
func TestBackupUnderLoad(t *testing.T) {
	s := newStore(t)
	run(t, s, `INSERT INTO former_guid (guid, at) VALUES ('left', 0), ('right', 0)`)
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for range 3 {
		other := openStore(t, s.Path())
		writers.Go(func() {
			for ctx.Err() == nil {
				err := other.write(ctx, "write on and on", func(tx *sql.Tx) error {
					if _, err := tx.ExecContext(ctx, `UPDATE former_guid SET at = at + 1 WHERE guid = 'left'`); err != nil {
						return err
					}
					_, err := tx.ExecContext(ctx, `UPDATE former_guid SET at = at + 1 WHERE guid = 'right'`)
					return err
				})
				if err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	for range 5 {
		file := filepath.Join(t.TempDir(), "backup.db")
		if _, err := s.Backup(ctx, file, false, time.Now()); err != nil {
			t.Fatal(err)
		}
		if torn := value[bool](t, openStore(t, file), `SELECT min(at) <> max(at) FROM former_guid`); torn {
			t.Error("a backup holds half a transaction")
		}
	}
	stop()
	writers.Wait()
}
