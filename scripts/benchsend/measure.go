package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"

	"postrider/mailer/smtptest"
	"postrider/scripts/figures"
)

// result is what one run of a sender took.
type result struct {
	took  smtptest.Haul
	first time.Duration // from its start to the first message
	figures.Cost
}

// rate is messages a second between the first and the last.
func (r result) rate() float64 {
	return float64(r.took.Messages-1) / r.took.Last.Sub(r.took.First).Seconds()
}

func (r result) cpuPer1000() float64 {
	return r.CPU.Seconds() / float64(r.took.Messages) * 1000
}

// measure runs a sender to its end.
func measure(sink *smtptest.Sink, cmd *exec.Cmd) (result, error) {
	start := time.Now()
	cmd.Stderr = os.Stderr
	cost, err := figures.Run(cmd)
	if err != nil {
		return result{}, fmt.Errorf("%s: %w", cmd, err)
	}
	r := result{took: sink.Took(), Cost: cost}
	r.first = r.took.First.Sub(start)
	return r, nil
}

// raw sends the message in a file n times by postfix's smtp-source, which keeps
// no ledger and makes no messages.
func raw(program, file string, n int, c setup) (result, error) {
	sink, err := smtptest.StartSink(c.sink)
	if err != nil {
		return result{}, err
	}
	defer sink.Close()
	return measure(sink, exec.Command(program, "-d", "-s", strconv.Itoa(c.connections), "-m", strconv.Itoa(n),
		"-F", file, "-f", "news@gazette.example.org", "-t", "reader@example.org",
		fmt.Sprintf("inet:127.0.0.1:%d", sink.Port())))
}
