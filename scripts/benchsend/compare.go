package main

import (
	"fmt"
	"time"

	"postrider/mailer/smtptest"
	"postrider/scripts/figures"
)

// setup is how mails are sent, and to what relay.
type setup struct {
	axis        string // of the comparison
	connections int
	sink        smtptest.SinkOptions
	part        int // of the recipients get mail: a fifth is 5. Slow ones show the same with fewer
}

// setups are those that are compared; the first is the fastest, whose work is measured.
func setups() []setup {
	late := func(d time.Duration) smtptest.SinkOptions { return smtptest.SinkOptions{Delay: d, Pipelining: true} }
	return []setup{
		{"send", 16, late(0), 1},
		{"send late", 8, late(5 * time.Millisecond), 1},
		{"send later", 8, late(20 * time.Millisecond), 5},
		{"send plain", 8, smtptest.SinkOptions{Delay: 5 * time.Millisecond}, 5},
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

// compareAll compares both senders in every setup.
func (b bench) compareAll() error {
	houses := make(map[int]*house) // by part
	for _, c := range setups() {
		h := houses[c.part]
		if h == nil {
			var err error
			if h, err = b.house(fmt.Sprintf("part%d", c.part), max(b.recipients/c.part, 20)); err != nil {
				return err
			}
			size, err := h.sample()
			if err != nil {
				return err
			}
			b.Say("Sending: %d mails of %d octets", h.readers, size)
			houses[c.part] = h
		}
		if err := b.compare(h, c); err != nil {
			return err
		}
	}
	return nil
}

// series is what one sender came to, round by round.
type series struct {
	rate, cpu []float64
	disk      []float64 // see syncTime
}

func (s *series) add(r result) {
	s.rate, s.cpu = append(s.rate, r.rate()), append(s.cpu, r.cpuPer1000())
}

// compare sends the same mail by both senders in turn, every other time the raw one
// first.
func (b bench) compare(h *house, c setup) error {
	var ours, theirs series
	send := func() error {
		disk, err := b.syncTime()
		if err != nil {
			return err
		}
		r, err := h.deliver(c)
		if err == nil {
			ours.add(r)
			ours.disk = append(ours.disk, disk)
			b.Say("  %s: postrider %.0f mails/s, %.3f CPU s per 1,000; the disk has 16 KiB after %.2f ms", c, r.rate(), r.cpuPer1000(), disk)
		}
		return err
	}
	rival := func() error {
		if b.smtpSource == "" {
			return nil
		}
		r, err := raw(b.smtpSource, h.mail, h.rawMails(c), c)
		if err == nil {
			theirs.add(r)
			b.Say("  %s: smtp-source %.0f mails/s, %.3f CPU s per 1,000", c, r.rate(), r.cpuPer1000())
		}
		return err
	}
	for i := range b.rounds {
		first, second := send, rival
		if i%2 == 1 {
			first, second = rival, send
		}
		if err := first(); err != nil {
			return err
		}
		if err := second(); err != nil {
			return err
		}
	}
	return b.Add(compared(c, ours, theirs)...)
}

// rawMails is how many mails the raw sender sends: late, its rate is the same all
// the time, and low.
func (h *house) rawMails(c setup) int {
	if c.sink.Delay > 0 {
		return max(h.readers/10, 100)
	}
	return h.readers
}

// compared are the figures of a setup.
func compared(c setup, ours, theirs series) []figures.Figure {
	f := figures.Figure{Axis: c.axis, Rounds: figures.Ratios(ours.rate, theirs.rate)}
	work := figures.Figure{Axis: "send work", Rounds: ours.cpu}
	if len(theirs.rate) == 0 {
		f.Lacking = fmt.Sprintf("no smtp-source here; %.0f mails/s", figures.Median(ours.rate))
	} else {
		f.Beside = fmt.Sprintf("%s : %s mails/s, %.3f : %.3f CPU s per 1,000",
			figures.Thousands(figures.Median(ours.rate), 0), figures.Thousands(figures.Median(theirs.rate), 0),
			figures.Median(ours.cpu), figures.Median(theirs.cpu))
		work.Beside = fmt.Sprintf("smtp-source %.3f s", figures.Median(theirs.cpu))
	}
	if c.axis != setups()[0].axis {
		return []figures.Figure{f}
	}
	return []figures.Figure{f, work, {Axis: "send disk", Rounds: ours.disk}}
}
