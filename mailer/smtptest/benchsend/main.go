// Command benchsend measures how fast Postrider sends beside a raw sender, over
// the same bytes, to the same recording server in this process. It is what `make
// bench` runs; it tests nothing and sets no limits.
//
// Both senders take turns, so that a machine which is busy with something else
// slows both. What is compared are medians of ratios within one round; CPU seconds
// are the sender's own, as the kernel counted them.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"postrider/mailer/smtptest"
)

type options struct {
	postrider, smtpSource string
	rounds                int
	recipients            int // of each timed round
	setups                int // how many of the setups, from the first
	small, large          int // recipients of the sends whose memory is measured; 0: leave out
}

func main() {
	var o options
	flag.StringVar(&o.postrider, "postrider", "./postrider", "the program to measure")
	flag.StringVar(&o.smtpSource, "smtp-source", "", "postfix's smtp-source; empty: no comparison")
	flag.IntVar(&o.rounds, "rounds", 5, "paired rounds")
	flag.IntVar(&o.recipients, "recipients", 20_000, "recipients of each round")
	flag.IntVar(&o.setups, "setups", len(setups()), "how many of the setups to measure, from the first")
	flag.IntVar(&o.small, "small", 50_000, "recipients of the smaller send whose memory is measured; 0: none")
	flag.IntVar(&o.large, "large", 1_000_000, "recipients of the larger one; 0: none")
	flag.Parse()
	if err := o.run(); err != nil {
		fmt.Fprintln(os.Stderr, "benchsend:", err)
		os.Exit(1)
	}
}

func (o options) run() error {
	dir, err := os.MkdirTemp("", "postrider-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	h, err := newHouse(o.postrider, dir+"/rounds", o.recipients)
	if err != nil {
		return err
	}
	size, err := h.sample()
	if err != nil {
		return err
	}
	fmt.Printf("%d rounds of %d mails of %d octets\n\n", o.rounds, o.recipients, size)
	for _, c := range setups()[:o.setups] {
		if err := o.compare(h, c); err != nil {
			return err
		}
	}
	if err := o.interrupt(h); err != nil {
		return err
	}
	return o.memory(dir)
}

// setup is one line of the table.
type setup struct {
	connections int
	sink        smtptest.SinkOptions
}

// setups are the lines of the table.
func setups() []setup {
	late := func(d time.Duration) smtptest.SinkOptions { return smtptest.SinkOptions{Delay: d, Pipelining: true} }
	return []setup{
		{16, late(0)},
		{8, late(5 * time.Millisecond)},
		{8, late(20 * time.Millisecond)},
		{8, smtptest.SinkOptions{Delay: 5 * time.Millisecond}},
	}
}

func (c setup) String() string {
	s := fmt.Sprintf("%d connections", c.connections)
	if c.sink.Delay > 0 {
		s += fmt.Sprintf(", replies %s late", c.sink.Delay)
	}
	if !c.sink.Pipelining {
		s += ", no PIPELINING"
	}
	return s
}

// compare sends the same mail by both senders in turn.
func (o options) compare(h *house, c setup) error {
	var ratios, ours, theirs, cpu, rivalCPU []float64
	for range o.rounds {
		us, err := h.deliver(c)
		if err != nil {
			return err
		}
		ours, cpu = append(ours, us.rate()), append(cpu, us.cpuPer1000())
		if o.smtpSource == "" {
			continue
		}
		n := o.recipients
		if c.sink.Delay > 0 {
			n = max(n/10, 100) // its rate is the same all the time, and low
		}
		them, err := raw(o.smtpSource, h.mail, n, c)
		if err != nil {
			return err
		}
		theirs, rivalCPU = append(theirs, them.rate()), append(rivalCPU, them.cpuPer1000())
		ratios = append(ratios, us.rate()/them.rate())
	}
	fmt.Printf("%s\n  postrider    %6.0f mails/s  %.3f CPU s per 1,000\n", c, median(ours), median(cpu))
	if o.smtpSource != "" {
		fmt.Printf("  smtp-source  %6.0f mails/s  %.3f CPU s per 1,000\n  ratio        %6.2f\n",
			median(theirs), median(rivalCPU), median(ratios))
	}
	return nil
}

// memory sends to a small list and to a large one.
func (o options) memory(dir string) error {
	var before float64
	for _, n := range []int{o.small, o.large} {
		if n == 0 {
			continue
		}
		h, err := newHouse(o.postrider, fmt.Sprintf("%s/%d", dir, n), n)
		if err != nil {
			return err
		}
		empty, err := h.size()
		if err != nil {
			return err
		}
		r, err := h.send(setup{connections: 16, sink: smtptest.SinkOptions{Pipelining: true}})
		if err != nil {
			return err
		}
		full, err := h.size()
		if err != nil {
			return err
		}
		fmt.Printf("\nsend to %d readers at once\n  first mail after %.2f s, all after %.1f s (%.0f mails/s), %.3f CPU s per 1,000\n",
			n, r.first.Seconds(), r.wall.Seconds(), r.rate(), r.cpuPer1000())
		fmt.Printf("  peak memory  %6.1f MiB", r.peak)
		if before > 0 {
			fmt.Printf("  (%.2f of the smaller list's)", r.peak/before)
		}
		fmt.Printf("\n  database     %6.0f octets a reader, %.0f more a delivery done\n",
			float64(empty)/float64(n), float64(full-empty)/float64(n))
		before = r.peak
	}
	return nil
}
