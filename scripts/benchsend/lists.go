package main

import (
	"fmt"

	"postrider/mailer/smtptest"
	"postrider/scripts/figures"
)

// long is what sends to one list have shown, round by round.
type long struct {
	*house
	reader                                  float64 // octets of database for each, before any mail
	peak, first, rate, cpu, delivery, whole []float64
}

// lists sends to a small list and to a large one in turn. Each round is one more
// issue in the same ledger. The first needs the most room: with it the rows of the readers
// grow, which the import has packed without a gap, and so their pages split, once.
func (b bench) lists() error {
	small, err := b.list("small", b.small)
	if err != nil {
		return err
	}
	large, err := b.list("large", b.large)
	if err != nil {
		return err
	}
	for range b.rounds {
		for _, l := range []*long{small, large} {
			if err := b.sendTo(l); err != nil {
				return err
			}
		}
	}
	if small != nil && large != nil {
		err = b.Add(figures.Figure{Axis: "send memory beside", Size: small.readers,
			Rounds: figures.Ratios(large.peak, small.peak), Beside: fmt.Sprintf("%.1f : %.1f MiB",
				figures.Median(large.peak), figures.Median(small.peak))})
	}
	if err == nil {
		err = b.Add(append(small.octets("small"), large.octets("large")...)...)
	}
	if err != nil || large == nil {
		return err
	}
	return b.Add(
		figures.Figure{Axis: "send memory", Size: large.readers, Rounds: large.peak},
		figures.Figure{Axis: "send first", Size: large.readers, Rounds: large.first,
			Beside: fmt.Sprintf("all after %.1f s, %s mails/s, %.3f CPU s per 1,000", figures.Median(large.whole),
				figures.Thousands(figures.Median(large.rate), 0), figures.Median(large.cpu))})
}

// list makes a list; nil if it is left out.
func (b bench) list(name string, readers int) (*long, error) {
	if readers == 0 {
		return nil, nil
	}
	h, err := b.house(name, readers)
	if err != nil {
		return nil, err
	}
	empty, err := h.size()
	return &long{house: h, reader: float64(empty) / float64(readers)}, err
}

// sendTo cuts an issue and sends it, in one command.
func (b bench) sendTo(l *long) error {
	if l == nil {
		return nil
	}
	before, err := l.size()
	if err != nil {
		return err
	}
	r, err := l.send(setup{connections: 16, sink: smtptest.SinkOptions{Pipelining: true}})
	if err != nil {
		return err
	}
	after, err := l.size()
	if err != nil {
		return err
	}
	octets := float64(after-before) / float64(l.readers)
	l.peak, l.first, l.whole = append(l.peak, r.Peak), append(l.first, r.first.Seconds()), append(l.whole, r.Wall.Seconds())
	l.rate, l.cpu, l.delivery = append(l.rate, r.rate()), append(l.cpu, r.cpuPer1000()), append(l.delivery, octets)
	b.Say("  send to %s: first mail after %.2f s, all after %.1f s, peak %.1f MiB, %.1f octets a delivery",
		figures.Thousands(float64(l.readers), 0), r.first.Seconds(), r.Wall.Seconds(), r.Peak, octets)
	return nil
}

// octets are the figures of the database after sends to a list.
func (l *long) octets(which string) []figures.Figure {
	if l == nil {
		return nil
	}
	return []figures.Figure{
		{Axis: "reader " + which, Size: l.readers, Rounds: []float64{l.reader}},
		{Axis: "delivery " + which, Size: l.readers, Rounds: l.delivery},
	}
}
