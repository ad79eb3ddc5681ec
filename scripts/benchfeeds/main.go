// Command benchfeeds measures how fast feeds are served: by the program beside
// nginx, which has the same bytes on disk, and by the program while posts are
// published beside none. What it prints are medians of the ratios of rounds in
// which both are measured in turn: single figures of a busy machine say little.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
)

func main() {
	program := flag.String("postrider", "", "the `PROGRAM` to measure, stripped")
	rounds := flag.Int("rounds", 5, "how often everything is measured")
	seconds := flag.Int("seconds", 5, "how long each measurement lasts")
	flag.Parse()
	if err := run(*program, *rounds, *seconds); err != nil {
		fmt.Fprintln(os.Stderr, "benchfeeds:", err)
		os.Exit(1)
	}
}

func run(program string, rounds, seconds int) error {
	if rounds < 1 || seconds < 1 {
		return fmt.Errorf("-rounds and -seconds must be 1 or more, not %d and %d", rounds, seconds)
	}
	dir, err := os.MkdirTemp("", "benchfeeds-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := newSite(program, dir)
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
	plain, err := ours.alike(theirs)
	if err != nil {
		return err
	}
	fmt.Printf("Feeds: %d posts, %d KB of Atom, wrk -t2 -c32 over loopback (medians of %d rounds of %d s)\n",
		posts, plain/1000, rounds, seconds)
	if err := besideNginx(ours, theirs, rounds, seconds); err != nil {
		return err
	}
	return whilePublishing(s, ours, rounds, seconds)
}

// besideNginx compares the two in each form of an answer.
func besideNginx(ours, theirs *server, rounds, seconds int) error {
	for _, row := range []struct {
		form       form
		must, goal float64
	}{{plain, 0.5, 0.7}, {zipped, 0.45, 0.55}, {unchanged, 0.4, 0.5}} {
		p, err := inTurn(rounds,
			func() (float64, error) { return ours.rate(row.form, seconds) },
			func() (float64, error) { return theirs.rate(row.form, seconds) })
		if err != nil {
			return err
		}
		fmt.Printf("  %-44s %6.2f ×   must %.2f, goal %.2f   (%.0f beside %.0f)\n",
			"requests/s "+string(row.form)+", beside nginx", p.ratio(), row.must, row.goal, median(p.a), median(p.b))
	}
	return nil
}

// whilePublishing compares the program while a post is published every second
// with itself. Readers ask for gzip, so each post costs its rendering and packing.
func whilePublishing(s *site, ours *server, rounds, seconds int) error {
	p, err := inTurn(rounds,
		func() (float64, error) {
			return s.busily(func() (float64, error) { return ours.rate(zipped, seconds) })
		},
		func() (float64, error) { return ours.rate(zipped, seconds) })
	if err != nil {
		return err
	}
	fmt.Printf("  %-44s %6.2f ×   must %.2f, goal %.2f   (%.0f beside %.0f)\n",
		"requests/s gzip, a post every second", p.ratio(), 0.9, 0.95, median(p.a), median(p.b))
	return nil
}

// pairs are what two things came to in the same rounds.
type pairs struct{ a, b []float64 }

// inTurn measures two things in each round, every other time the second first.
func inTurn(rounds int, first, second func() (float64, error)) (p pairs, err error) {
	for i := range rounds {
		var a, b float64
		if i%2 == 0 {
			a, err = first()
		}
		if err == nil {
			b, err = second()
		}
		if err == nil && i%2 == 1 {
			a, err = first()
		}
		if err != nil {
			return p, err
		}
		p.a, p.b = append(p.a, a), append(p.b, b)
	}
	return p, nil
}

// ratio is the median of the first beside the second.
func (p pairs) ratio() float64 {
	ratios := make([]float64, len(p.a))
	for i := range ratios {
		ratios[i] = p.a[i] / p.b[i]
	}
	return median(ratios)
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}
