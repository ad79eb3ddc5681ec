package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"
)

// gap is how seize connects in these tests: others do something between its transactions,
// the first of them between the one that locks a database and the one that holds it.
type gap struct {
	connector
	others []func()
}

type gapConn struct {
	*sqlite3.SQLiteConn
	begun  int
	others []func()
}

func (g gap) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := g.connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &gapConn{SQLiteConn: conn.(*sqlite3.SQLiteConn), others: g.others}, nil
}

func (c *gapConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if c.begun++; c.begun > 1 && len(c.others) > 0 {
		meddle := c.others[0]
		c.others = c.others[1:]
		meddle()
	}
	return c.SQLiteConn.BeginTx(ctx, o)
}

// seizeWhile seizes a database while others meddle, and gives up within a tenth of
// a second.
func seizeWhile(t *testing.T, path string, now time.Time, others ...func()) error {
	t.Helper()
	db := sql.OpenDB(gap{connector{dsn: "file:" + path + "?mode=rw&" + polling + "_txlock=exclusive" + always}, others})
	db.SetMaxOpenConns(1)
	defer db.Close()
	_, err := seizeWith(t.Context(), &Store{path: path, writer: db, options: Options{Wait: 100 * time.Millisecond}}, now)
	return err
}

// readIn holds a database as one does who reads it, until it is let go.
func readIn(t *testing.T, path string) (letGo func()) {
	t.Helper()
	db := connect(path, reading)
	tx, err := db.Begin()
	if err == nil {
		_, err = tx.Exec(`SELECT 1 FROM house`)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = errors.Join(tx.Rollback(), db.Close()) }
}

// Whoever comes between finds the database that is not replaced then as it was:
// unlocked, or locked since when and for what it was.
func TestSeizeGivesBack(t *testing.T) {
	for _, kind := range []lockKind{"", lockedCopied} {
		for name, meddle := range map[string]func(t *testing.T, path string) (leave func()){
			"opens it": func(t *testing.T, path string) func() { openStore(t, path); return func() {} },
			"reads it": readIn,
		} {
			t.Run(name+" "+string(kind), func(t *testing.T) {
				c := newClub(t)
				if kind != "" {
					run(t, c.Store, `UPDATE house SET locked = ?, locked_at = 7`, kind)
				}
				before, err := c.Lock(c.ctx)
				c.ok(err)
				c.ok(c.Close())
				var leave func()
				err = seizeWhile(t, c.Path(), c.now, func() { leave = meddle(t, c.Path()) }, func() { leave() })
				if !errors.Is(openStore(t, c.Path()).explain(err), ErrBusy) {
					t.Errorf("seized with %v", err)
				}
				if lock, err := openStore(t, c.Path()).Lock(c.ctx); err != nil || lock != before {
					t.Errorf("locked %+v, %v; want %+v", lock, err, before)
				}
			})
		}
	}
}

// What the operator says meanwhile counts, and what cannot be undone is told.
func TestSeizeCannotGiveBack(t *testing.T) {
	c := newClub(t)
	c.ok(c.Close())
	err := seizeWhile(t, c.Path(), c.now, func() {
		s := openStore(t, c.Path())
		run(t, s, `UPDATE house SET locked = 'restored', locked_at = 7`)
		c.ok(s.Close())
		t.Cleanup(readIn(t, c.Path()))
	})
	if err == nil {
		t.Error("seized")
	}
	s := openStore(t, c.Path())
	if lock, err := s.Lock(c.ctx); err != nil || lock.kind != lockedRestored {
		t.Errorf("locked %+v, %v", lock, err)
	}

	c = newClub(t)
	c.ok(c.Close())
	var letGo func()
	err = seizeWhile(t, c.Path(), c.now, func() { letGo = readIn(t, c.Path()) })
	letGo()
	if !errors.Is(err, ErrLocked) || errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "run `postrider unlock`") {
		t.Errorf("got %v", err)
	}
	locked(t, openStore(t, c.Path()), true)
}

// contents are all files of a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(data)
	}
	return all
}

// Where the new file does not get its name, the former one keeps it, and may send as before.
func TestReplaceBreaksOff(t *testing.T) {
	c := newClub(t)
	c.ok(c.Close())
	gone, kept := filepath.Join(t.TempDir(), "gone.part"), asideOf(c.Path(), c.now)
	were := files(t, filepath.Dir(c.Path()))
	if err := replaceDatabase(c.ctx, gone, c.Path(), kept, c.now); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if got := files(t, filepath.Dir(c.Path())); got != were {
		t.Errorf("left %q of %q", got, were)
	}
	locked(t, openStore(t, c.Path()), false)

	for _, suffixes := range [][]string{{"", "-wal", "-shm", "-journal"}, {"-wal"}} {
		dir := t.TempDir()
		ruin := filepath.Join(dir, "ruin.db")
		for _, suffix := range suffixes {
			c.ok(os.WriteFile(ruin+suffix, []byte("ruin"+suffix), 0o600))
		}
		before := contents(t, dir)
		if err := exchange(gone, ruin, asideOf(ruin, c.now)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("got %v", err)
		}
		if after := contents(t, dir); !maps.Equal(before, after) {
			t.Errorf("%v, and before %v", after, before)
		}
	}
}
