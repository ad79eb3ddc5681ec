// Command benchfeeds measures how fast feeds are served: by the program beside
// nginx, which has the same bytes on disk, and by the program while posts are
// published beside none. Its figures are medians of the ratios of rounds in
// which both are measured in turn: single figures of a busy machine say little.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"

	"postrider/scripts/figures"
)

// bench measures and writes down.
type bench struct {
	*figures.Book
	program         string
	rounds, seconds int // seconds of each measurement
}

func main() {
	var b bench
	flag.StringVar(&b.program, "postrider", "", "the `PROGRAM` to measure, stripped")
	flag.IntVar(&b.rounds, "rounds", 5, "how often everything is measured")
	flag.IntVar(&b.seconds, "seconds", 5, "how long each measurement lasts")
	figures.Main("benchfeeds", func(book *figures.Book) error {
		b.Book = book
		return b.run()
	})
}

func (b bench) run() error {
	if b.rounds < 1 || b.seconds < 1 {
		return fmt.Errorf("-rounds and -seconds must be 1 or more, not %d and %d", b.rounds, b.seconds)
	}
	for _, name := range []string{"nginx", "wrk"} {
		if _, err := exec.LookPath(name); err != nil {
			return b.without(name)
		}
	}
	dir, err := os.MkdirTemp("", "benchfeeds-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := newSite(b.program, dir)
	if err != nil {
		return err
	}
	ours, err := s.serve()
	if err != nil {
		return err
	}
	defer ours.stop()
	theirs, err := serveByNginx(dir, ours)
	if err != nil {
		return err
	}
	defer theirs.stop()
	size, err := ours.alike(theirs)
	if err != nil {
		return err
	}
	b.Say("Feeds: %d posts, %d KB of Atom, wrk -t2 -c32 over loopback, %d s each", posts, size/1000, b.seconds)
	if err := b.besideNginx(ours, theirs); err != nil {
		return err
	}
	return b.whilePublishing(s, ours)
}

// without says why nothing is measured.
func (b bench) without(program string) error {
	why := fmt.Sprintf("no %s here (Debian: apt-get install nginx-light wrk)", program)
	b.Say("Feeds: not measured, %s", why)
	for _, axis := range []string{"feed plain", "feed gzip", "feed 304", "feed busy"} {
		if err := b.Add(figures.Figure{Axis: axis, Lacking: why}); err != nil {
			return err
		}
	}
	return nil
}

// besideNginx compares the two in each form of an answer.
func (b bench) besideNginx(ours, theirs *server) error {
	for _, f := range []form{plain, zipped, unchanged} {
		err := b.compare("feed "+string(f), string(f)+", beside nginx",
			func() (float64, error) { return ours.rate(f, b.seconds) },
			func() (float64, error) { return theirs.rate(f, b.seconds) })
		if err != nil {
			return err
		}
	}
	return nil
}

// whilePublishing compares the program while a post is published every second
// with itself. Readers ask for gzip, so each post costs its rendering and packing.
func (b bench) whilePublishing(s *site, ours *server) error {
	rate := func() (float64, error) { return ours.rate(zipped, b.seconds) }
	return b.compare("feed busy", "gzip, a post every second, beside none",
		func() (float64, error) { return s.busily(rate) }, rate)
}

// compare measures two rates in each round, every other time the second first.
func (b bench) compare(axis, name string, first, second func() (float64, error)) error {
	var ours, theirs []float64
	for i := range b.rounds {
		var x, y float64
		var err error
		if i%2 == 0 {
			x, err = first()
		}
		if err == nil {
			y, err = second()
		}
		if err == nil && i%2 == 1 {
			x, err = first()
		}
		if err != nil {
			return err
		}
		b.Say("  %s: %.0f : %.0f requests/s", name, x, y)
		ours, theirs = append(ours, x), append(theirs, y)
	}
	return b.Add(figures.Figure{Axis: axis, Rounds: figures.Ratios(ours, theirs), Beside: fmt.Sprintf("%s : %s requests/s",
		figures.Thousands(figures.Median(ours), 0), figures.Thousands(figures.Median(theirs), 0))})
}
