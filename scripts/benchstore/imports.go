package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"postrider/scripts/figures"
)

// stride takes the list through all its readers in no order that an index likes.
// It is a prime, so any other length of a list is visited whole.
const stride = 7_368_787

// imports reads a list into new databases, by the program and by the sqlite3 shell in
// turn. The shell gets the very rows that the program has made, so it has nothing
// to check, to find or to make up.
func (b bench) imports() error {
	if b.rows == 0 {
		return nil
	}
	list := filepath.Join(b.dir, "list.csv")
	if err := writeList(list, b.rows); err != nil {
		return err
	}
	_, err := exec.LookPath("sqlite3")
	alone := err != nil
	b.Say("Store: import of %s rows", figures.Thousands(float64(b.rows), 0))
	var ours, theirs, peak []float64
	var rows string
	for range b.rounds {
		dir, err := b.site("import")
		if err != nil {
			return err
		}
		c, err := run(dir, b.program, "--quiet", "subscriber", "import", list, "--confirmed", "--consent", "They asked for it.")
		if err != nil {
			return err
		}
		b.Say("  postrider subscriber import: %.2f s, %.2f s of CPU, peak %.1f MiB", c.Wall.Seconds(), c.CPU.Seconds(), c.Peak)
		ours, peak = append(ours, b.perSecond(c.Wall)), append(peak, c.Peak)
		if alone {
			continue
		}
		if rows == "" {
			if rows, err = dumpRows(dir); err != nil {
				return err
			}
		}
		if c, err = importByShell(filepath.Join(b.dir, "shell.db"), rows); err != nil {
			return err
		}
		b.Say("  sqlite3 .import: %.2f s, %.2f s of CPU, peak %.1f MiB", c.Wall.Seconds(), c.CPU.Seconds(), c.Peak)
		theirs = append(theirs, b.perSecond(c.Wall))
	}
	f := figures.Figure{Axis: "import", Size: b.rows, Rounds: figures.Ratios(ours, theirs)}
	rate := figures.Thousands(figures.Median(ours), 0)
	if alone {
		f.Lacking = "no sqlite3 here; " + rate + " rows/s"
	} else {
		f.Beside = rate + " : " + figures.Thousands(figures.Median(theirs), 0) + " rows/s"
	}
	return b.Add(f, figures.Figure{Axis: "import memory", Rounds: peak})
}

func (b bench) perSecond(d time.Duration) float64 { return float64(b.rows) / d.Seconds() }

func writeList(path string, rows int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "email,name")
	for i := range rows {
		n := i * stride % rows
		fmt.Fprintf(w, "reader%d@example%d.org,Reader %d\n", n, n%5000, n)
	}
	return errors.Join(w.Flush(), f.Close())
}

// columns are those of the table that is filled: all but its number, which SQLite
// gives to rows anyway, and paused_until, which is empty: the shell knows no NULL.
const columns = "ref, email, email_key, name, state, cadence, topics, cursor, skip, created_at, changed_at"

// table is filled by the shell: indexed as ours, and synced as ours.
const table = `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;
CREATE TABLE subscriber (ref INTEGER UNIQUE NOT NULL, email TEXT, email_key TEXT UNIQUE,
  name TEXT NOT NULL, state TEXT NOT NULL, cadence TEXT NOT NULL, topics TEXT NOT NULL, cursor INTEGER NOT NULL,
  skip TEXT NOT NULL, created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL);
CREATE INDEX subscriber_instant ON subscriber (cursor) WHERE cadence = 'instant' AND state = 'active';
`

// dumpRows writes what the program has made of the list beside its database, in an
// order that no index likes either.
func dumpRows(dir string) (path string, err error) {
	path = filepath.Join(dir, "..", "rows.csv")
	_, err = run(dir, "sqlite3", "postrider.db", ".mode csv", ".output "+path,
		fmt.Sprintf("SELECT %s FROM subscriber ORDER BY random()", columns))
	return path, err
}

// importByShell fills a new database.
func importByShell(path, rows string) (figures.Cost, error) {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return figures.Cost{}, err
		}
	}
	return run(filepath.Dir(path), "sqlite3", path, table, ".import --csv "+rows+" subscriber")
}
