package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"postrider/mailer/smtptest"
)

// interruption is what a send that was ended in its middle, and then went on, has
// done.
type interruption struct {
	missed, twice int           // readers without a mail, and mails too many
	stop          time.Duration // from the signal to the end of the process
}

// interrupt ends sends by both signals, in each round. What is shown is the worst that
// happened to a mail, and the median of the times.
func (o options) interrupt(h *house) error {
	c := setup{connections: 16, sink: smtptest.SinkOptions{Pipelining: true}}
	fmt.Printf("\nended in the middle and sent on, %s\n", c)
	for _, end := range []struct {
		name   string
		signal syscall.Signal
	}{{"SIGTERM", syscall.SIGTERM}, {"kill -9", syscall.SIGKILL}} {
		var worst interruption
		var stops []float64
		for range o.rounds {
			i, err := h.interrupted(c, end.signal)
			if err != nil {
				return err
			}
			worst.missed, worst.twice = max(worst.missed, i.missed), max(worst.twice, i.twice)
			stops = append(stops, i.stop.Seconds())
		}
		fmt.Printf("  %-12s missed %d, sent twice at most %d, over %.2f s after the signal\n",
			end.name, worst.missed, worst.twice, median(stops))
	}
	return nil
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
	i.missed, i.twice = h.readers-took.Readers, took.Messages-took.Readers
	return i, nil
}
