package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	command "os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestOpenMakesAFileForItsOwnerAlone(t *testing.T) {
	s := newStore(t)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(s.Path() + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("postrider.db%s has mode %o, want 600", suffix, mode)
		}
	}
}

func TestConnectionsAreSafe(t *testing.T) {
	s := newStore(t)
	for query, want := range map[string]int64{
		`PRAGMA synchronous`:    2, // FULL: acknowledged commits survive a power cut
		`PRAGMA foreign_keys`:   1,
		`PRAGMA application_id`: application,
	} {
		if got := value[int64](t, s, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	if got := value[string](t, s, `PRAGMA journal_mode`); got != "wal" {
		t.Errorf("journal mode %s, want wal", got)
	}
	if _, err := s.reader.Exec(`UPDATE house SET change = change + 1`); err == nil {
		t.Error("a reading connection can write")
	}
}

func TestOpenAgainKeepsTheSecret(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "a name with ? # % and ü.db")
	var secrets [2]string
	for i := range secrets {
		s := openStore(t, path)
		secret, err := s.Secret(ctx)
		if err != nil || len(secret) != secretLength {
			t.Fatalf("secret of %d octets, %v", len(secret), err)
		}
		secrets[i] = string(secret)
	}
	if secrets[0] != secrets[1] {
		t.Error("opening a second time changed the secret")
	}
	if other, err := newStore(t).Secret(ctx); err != nil || string(other) == secrets[0] {
		t.Errorf("two databases share a secret (%v)", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestOpenAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postrider.db")
	const processes = 8
	secrets := make([]string, processes)
	var group sync.WaitGroup
	for i := range processes {
		group.Go(func() {
			s, err := Open(context.Background(), path, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			secret, err := s.Secret(context.Background())
			if err != nil {
				t.Error(err)
			}
			secrets[i] = string(secret)
		})
	}
	group.Wait()
	for _, secret := range secrets {
		if secret != secrets[0] {
			t.Fatal("two openings made two databases")
		}
	}
}

// TestOpenByProcesses opens one new database in several processes, which run
// this test again with its path.
func TestOpenByProcesses(t *testing.T) {
	const variable = "POSTRIDER_TEST_DATABASE"
	if path := os.Getenv(variable); path != "" {
		openStore(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "postrider.db")
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			cmd := command.Command(os.Args[0], "-test.run=^TestOpenByProcesses$")
			cmd.Env = append(os.Environ(), variable+"="+path)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	group.Wait()
	if problems, err := openStore(t, path).Check(context.Background()); err != nil || len(problems) != 0 {
		t.Errorf("problems: %q, %v", problems, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		path string // in the test's folder, or a URL; "": postrider.db
		want string
		is   error
	}{
		"a file that is no database": {
			make: func(t *testing.T, path string) {
				if err := os.WriteFile(path, []byte(strings.Repeat("notes\n", 300)), 0o600); err != nil {
					t.Fatal(err)
				}
			},
			want: "not a database of Postrider", is: ErrForeign,
		},
		"the database of another program": {
			make: func(t *testing.T, path string) { scratch(t, path, `CREATE TABLE cookies (id)`) },
			want: "not a database of Postrider", is: ErrForeign,
		},
		"the database of another program that numbers itself": {
			make: func(t *testing.T, path string) { scratch(t, path, `PRAGMA application_id = 77`) },
			want: "not a database of Postrider", is: ErrForeign,
		},
		"a newer schema": {
			make: func(t *testing.T, path string) {
				s := openStore(t, path)
				run(t, s, `PRAGMA user_version = 99`)
			},
			want: "written by a newer Postrider (schema 99, this one knows ", is: ErrNewer,
		},
		"a damaged database": {
			make: func(t *testing.T, path string) {
				s := openStore(t, path)
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				if err := os.Truncate(path, 8192); err != nil {
					t.Fatal(err)
				}
			},
			want: "damaged; restore a backup", is: ErrDamaged,
		},
		"a missing folder": {path: "nowhere/postrider.db", want: "nowhere does not exist; make it first"},
		"a folder":         {path: ".", want: "it is a folder"},
		"no path":          {path: " ", want: "no path is given"},
		"PostgreSQL":       {path: "postgres://localhost/p", want: "PostgreSQL is not built yet; use the path of a file"},
		"another URL":      {path: "mysql://localhost/p", want: "this is a URL"},
	} {
		t.Run(name, func(t *testing.T) {
			path := "postrider.db"
			if c.path != "" {
				path = c.path
			}
			if !strings.Contains(path, "://") && strings.TrimSpace(path) != "" {
				path = filepath.Join(t.TempDir(), path)
			}
			var before []byte
			if c.make != nil {
				c.make(t, path)
				before, _ = os.ReadFile(path)
			}
			s, err := Open(context.Background(), path, Options{})
			if err == nil {
				s.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, want %q in it", err, c.want)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v is not %v", err, c.is)
			}
			if after, _ := os.ReadFile(path); before != nil && string(after) != string(before) {
				t.Error("the file was changed")
			}
		})
	}
}

// scratch makes a database that is not of this package.
func scratch(t *testing.T, path, query string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	db := connect(path, writing)
	defer db.Close()
	if _, err := db.Exec(query); err != nil {
		t.Fatal(err)
	}
}

func TestOpenReadOnly(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	ctx := context.Background()
	path := newStore(t).Path()
	folder := filepath.Dir(path)
	defer os.Chmod(folder, 0o700) // so that it can be removed

	file := filepath.Join(folder, "file.db")
	if err := openStore(t, file).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o400); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, file)
	if _, err := s.Change(ctx); err != nil {
		t.Errorf("read: %v", err)
	}
	if err := s.write(ctx, "store posts", func(tx *sql.Tx) error { return bump(ctx, tx) }); !errors.Is(err, ErrReadOnly) {
		t.Errorf("write: %v", err)
	}
	if err := s.Writable(ctx); !errors.Is(err, ErrReadOnly) {
		t.Errorf("writable: %v", err)
	}
	if err := newStore(t).Writable(ctx); err != nil {
		t.Errorf("one that is: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	if err := os.Chmod(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, filepath.Join(folder, "new.db"), Options{}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("a new file in a read-only folder: %v", err)
	}
}

// TestMigrationsAreNumbered holds every step to a number of its own: the version
// of a database counts them, so two that share one would trade places.
func TestMigrationsAreNumbered(t *testing.T) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for i, name := range names {
		if !strings.HasPrefix(path.Base(name), fmt.Sprintf("%04d_", i+1)) {
			t.Errorf("step %d is %s", i+1, name)
		}
	}
}
