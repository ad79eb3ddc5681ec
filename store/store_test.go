package store

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// newStore opens a new database that is closed with the test.
func newStore(t testing.TB) *Store {
	t.Helper()
	return openStore(t, filepath.Join(t.TempDir(), "postrider.db"))
}

// openStore opens the database at path, as another process would.
func openStore(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(context.Background(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// run executes a statement past the store, to make what it would not.
func run(t testing.TB, s *Store, query string, args ...any) {
	t.Helper()
	if _, err := s.writer.ExecContext(context.Background(), query, args...); err != nil {
		t.Fatal(err)
	}
}

// value returns the one value that a query gives.
func value[T any](t testing.TB, s *Store, query string, args ...any) T {
	t.Helper()
	var v T
	if err := s.writer.QueryRowContext(context.Background(), query, args...).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// plan returns how SQLite would run a query.
func plan(t testing.TB, s *Store, query string, args ...any) string {
	t.Helper()
	rows, err := s.writer.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	return strings.Join(steps, "\n")
}

// openBefore makes a database as it was before a migration. The caller closes it.
func openBefore(t *testing.T, path, step string) *Store {
	t.Helper()
	steps, err := fs.Glob(migrations, "migrations/*.sql")
	before := slices.Index(steps, "migrations/"+step)
	if err := errors.Join(err, create(path, false)); err != nil || before < 0 {
		t.Fatal(err, before)
	}
	s := &Store{path: path, writer: connect(path, polling+writing), reader: connect(path, reading), options: Options{Wait: wait}}
	if err := s.write(t.Context(), "make an old file", func(tx *sql.Tx) error {
		return s.apply(t.Context(), tx, steps[:before])
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSchema(t *testing.T) {
	s := newStore(t)
	var schema strings.Builder
	err := s.read(context.Background(), "read the schema", func(tx *sql.Tx) error {
		lines, err := texts(context.Background(), tx,
			`SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY tbl_name, type <> 'table', type, name`)
		for _, line := range lines {
			schema.WriteString(line + ";\n\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "schema.sql")
	if *update {
		if err := os.WriteFile(golden, []byte(schema.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if schema.String() != string(want) {
		t.Errorf("the schema is not that of %s; if that is meant, run go test ./store -update and read the difference", golden)
	}
}

func TestCheck(t *testing.T) {
	s := newStore(t)
	if problems, err := s.Check(context.Background()); err != nil || len(problems) != 0 {
		t.Fatalf("a new database has problems: %q, %v", problems, err)
	}
	run(t, s, `PRAGMA foreign_keys = 0`)
	run(t, s, `INSERT INTO post_tag (tag, post_id, label) VALUES ('a', 7, 'A'), ('a', 8, 'A'), ('b', 7, 'B')`)
	run(t, s, `INSERT INTO variant_post (variant_id, post_id, position) VALUES (5, 7, 0)`)
	problems, err := s.Check(context.Background())
	want := []string{
		"3 rows of post_tag refer to rows of post that do not exist",
		"a row of variant_post refers to a row of variant that does not exist",
	}
	if err != nil || !slices.Equal(problems, want) {
		t.Errorf("got %q, %v; want %q", problems, err, want)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	ctx := context.Background()
	s := newStore(t)
	run(t, s, `PRAGMA max_page_count = 1`) // SQLite keeps at least what there is
	err := s.write(ctx, "store posts", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO former_guid (guid, at) VALUES (?, 0)`, strings.Repeat("x", 1<<20))
		return err
	})
	if !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), "free space and run again") ||
		!strings.HasPrefix(err.Error(), "store posts: ") {
		t.Errorf("a full disk: %v", err)
	}
	err = s.read(ctx, "look", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE house SET change = 1`)
		return err
	})
	if !errors.Is(err, ErrReadOnly) {
		t.Errorf("a read-only database: %v", err)
	}
}

// No room is told as that, whatever SQLite wanted it for.
func TestErrorsOfTheSystem(t *testing.T) {
	for _, c := range []struct {
		err  sqlite3.Error
		want error
	}{
		{sqlite3.Error{Code: sqlite3.ErrFull}, ErrFull},
		{sqlite3.Error{Code: sqlite3.ErrIoErr, SystemErrno: syscall.ENOSPC}, ErrFull},
		{sqlite3.Error{Code: sqlite3.ErrCantOpen, SystemErrno: syscall.EDQUOT}, ErrFull},
		{sqlite3.Error{Code: sqlite3.ErrIoErr, SystemErrno: syscall.EIO}, ErrAccess},
		{sqlite3.Error{Code: sqlite3.ErrCorrupt}, ErrDamaged},
	} {
		if got := kindOf(c.err); got != c.want {
			t.Errorf("%v is %v, want %v", c.err, got, c.want)
		}
	}
}

func TestBusy(t *testing.T) {
	ctx := context.Background()
	path := newStore(t).Path()
	s, err := Open(ctx, path, Options{Wait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	nothing := func(*sql.Tx) error { return nil }
	err = openStore(t, path).write(ctx, "hold", func(*sql.Tx) error {
		if err := s.read(ctx, "look", nothing); err != nil {
			t.Errorf("a reader waits for a writer: %v", err)
		}
		return s.write(ctx, "store posts", nothing)
	})
	if !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), path) {
		t.Errorf("a held database: %v", err)
	}
	if err := s.write(ctx, "store posts", nothing); err != nil {
		t.Errorf("after it was let go: %v", err)
	}
}
