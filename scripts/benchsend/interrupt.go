package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"postrider/mailer/smtptest"
	"postrider/scripts/figures"
)

// interruption is what a send that was ended in its middle, and then went on, has
// done.
type interruption struct {
	missed, twice int           // readers without a mail, and mails too many
	strange       int           // of those, with another Message-ID than the first
	stop          time.Duration // from the signal to the end of the process
}

// interrupt ends sends by both signals, in each round.
func (b bench) interrupt() error {
	c := setup{connections: 16, sink: smtptest.SinkOptions{Pipelining: true}}
	h, err := b.house("ended", b.recipients)
	if err != nil {
		return err
	}
	for _, end := range []struct {
		name, axis string
		signal     syscall.Signal
	}{{"SIGTERM", "term ", syscall.SIGTERM}, {"kill -9", "kill ", syscall.SIGKILL}} {
		var missed, twice, strange, stop []float64
		for range b.rounds {
			i, err := h.interrupted(c, end.signal)
			if err != nil {
				return err
			}
			missed, twice = append(missed, float64(i.missed)), append(twice, float64(i.twice))
			strange, stop = append(strange, float64(i.strange)), append(stop, i.stop.Seconds())
			b.Say("  %s in the middle of %d mails: missed %d, sent twice %d, ended after %.2f s",
				end.name, h.readers, i.missed, i.twice, i.stop.Seconds())
		}
		last := figures.Figure{Axis: end.axis + "stop", Rounds: stop}
		if end.signal == syscall.SIGKILL { // its end is the kernel's; what matters is how copies are known
			last = figures.Figure{Axis: end.axis + "other", Rounds: strange,
				Beside: fmt.Sprintf("of %.0f sent twice in all rounds", sum(twice))}
		}
		if err := b.Add(figures.Figure{Axis: end.axis + "missed", Rounds: missed},
			figures.Figure{Axis: end.axis + "twice", Rounds: twice}, last); err != nil {
			return err
		}
	}
	return nil
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}

// interrupted sends to half of the readers, ends the process, and has another send the rest.
func (h *house) interrupted(c setup, signal os.Signal) (interruption, error) {
	var i interruption
	if err := h.queue(); err != nil {
		return i, err
	}
	sink, err := smtptest.StartSink(c.sink)
	if err != nil {
		return i, err
	}
	defer sink.Close()
	if err := h.configure(sink.Port(), c.connections); err != nil {
		return i, err
	}
	first := h.command("deliver", "--until-idle")
	if err := first.Start(); err != nil {
		return i, err
	}
	ended := make(chan error, 1)
	go func() { ended <- first.Wait() }()
	for sink.Took().Messages < h.readers/2 {
		select {
		case err := <-ended:
			return i, fmt.Errorf("it ended by itself before its middle: %w", err)
		case <-time.After(time.Millisecond):
		}
	}
	signalled := time.Now()
	if err := first.Process.Signal(signal); err != nil {
		return i, err
	}
	var exit *exec.ExitError
	if err := <-ended; err != nil && !errors.As(err, &exit) { // how it ends is not measured
		return i, err
	}
	i.stop = time.Since(signalled)
	if err := h.command("deliver", "--until-idle").Run(); err != nil {
		return i, fmt.Errorf("postrider deliver, after %s: %w", signal, err)
	}
	took := sink.Took()
	i.missed, i.twice, i.strange = h.readers-took.Readers, took.Messages-took.Readers, took.Strange
	return i, nil
}
