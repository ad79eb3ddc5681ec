// Command benchstore measures what a long list and many posts cost: importing the
// list beside the sqlite3 shell, reading the folder of posts twice, and the
// benchmarks of Go that have a row in the table: claiming deliveries, and
// rendering feeds.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"postrider/scripts/figures"
)

// bench measures and writes down.
type bench struct {
	*figures.Book
	program, dir string
	rounds       int
	rows, files  int
}

func main() {
	var b bench
	flag.StringVar(&b.program, "postrider", "", "the `PROGRAM` to measure, stripped")
	flag.IntVar(&b.rounds, "rounds", 5, "paired rounds")
	flag.IntVar(&b.rows, "rows", 1_000_000, "how many are imported, and how many are open in the ledger; 0: none")
	flag.IntVar(&b.files, "files", 10_000, "how many posts the folder has; 0: none")
	figures.Main("benchstore", func(book *figures.Book) error {
		b.Book = book
		return b.run()
	})
}

func (b bench) run() error {
	if b.rounds < 1 {
		return fmt.Errorf("-rounds must be 1 or more, not %d", b.rounds)
	}
	var err error
	if b.program, err = filepath.Abs(b.program); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "benchstore-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	for _, measure := range []func() error{b.imports, b.syncs, b.claims, b.renders} {
		if err := measure(); err != nil {
			return err
		}
	}
	return nil
}

const settings = `site: {title: The Gazette, url: "https://gazette.example.org"}
digests:
  - {name: weekly, cadence: weekly, day: monday, at: "09:00", timezone: UTC}
`

// site makes a folder without a database, in place of one of that name.
func (b bench) site(name string) (dir string, err error) {
	dir = filepath.Join(b.dir, name)
	return dir, errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755),
		os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(settings), 0o644))
}

// run runs a program in a folder to its end.
func run(dir, program string, args ...string) (figures.Cost, error) {
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cost, err := figures.Run(cmd)
	if err != nil {
		err = fmt.Errorf("%s %s: %w\n%s", filepath.Base(program), strings.Join(args, " "), err, &out)
	}
	return cost, err
}
