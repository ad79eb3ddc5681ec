// Command benchsend measures how fast Postrider sends beside a raw sender, over
// the same bytes, to the same recording server in this process; what becomes of
// mails when it is ended in their middle; and what a long list costs. It is what
// `make bench` runs; it tests nothing and sets no limits.
//
// Both senders take turns, so that a machine which is busy with something else
// slows both. What is compared are medians of ratios within one round; CPU seconds
// are the sender's own, as the kernel counted them.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"postrider/scripts/figures"
)

type options struct {
	postrider, smtpSource string
	rounds                int
	recipients            int // of each timed round
	small, large          int // recipients of the sends whose memory is measured; 0: leave out
}

// bench measures and writes down.
type bench struct {
	options
	*figures.Book
	dir string
}

func main() {
	var o options
	flag.StringVar(&o.postrider, "postrider", "./postrider", "the program to measure")
	flag.StringVar(&o.smtpSource, "smtp-source", "", "postfix's smtp-source; empty: no comparison")
	flag.IntVar(&o.rounds, "rounds", 5, "paired rounds")
	flag.IntVar(&o.recipients, "recipients", 20_000, "recipients of each round")
	flag.IntVar(&o.small, "small", 50_000, "recipients of the smaller send whose memory is measured; 0: none")
	flag.IntVar(&o.large, "large", 1_000_000, "recipients of the larger one; 0: none")
	figures.Main("benchsend", func(book *figures.Book) error { return o.run(book) })
}

func (o options) run(book *figures.Book) error {
	if o.rounds < 1 || o.recipients < 100 {
		return fmt.Errorf("-rounds must be 1 and -recipients 100 or more, not %d and %d", o.rounds, o.recipients)
	}
	dir, err := os.MkdirTemp("", "postrider-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := bench{o, book, dir}
	for _, measure := range []func() error{b.compareAll, b.interrupt, b.lists} {
		if err := measure(); err != nil {
			return err
		}
	}
	return nil
}

// house makes a house of so many readers.
func (b bench) house(name string, readers int) (*house, error) {
	return newHouse(b.postrider, filepath.Join(b.dir, name), readers)
}
