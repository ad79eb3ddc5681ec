package main

import (
	"bytes"
	"errors"
	"testing"
)

// What goes on behind a command is told in lines for people.
func TestLoggerOfACommand(t *testing.T) {
	for _, test := range []struct {
		quiet, verbose bool
		want           string
	}{
		{false, false, "warning: the relay rests (wait 2s, to a@example.org): refused; twice\npostrider: issue is paused (issue x)\n"},
		{true, false, "postrider: issue is paused (issue x)\n"},
		{false, true, "dialled (issue x)\nwarning: the relay rests (wait 2s, to a@example.org): refused; twice\npostrider: issue is paused (issue x)\n"},
	} {
		var errs bytes.Buffer
		a := &app{err: &errs, quiet: test.quiet, verbose: test.verbose}
		log := a.logger()
		log.With("issue", "x").Debug("dialled", "reply", "")
		log.Warn("the relay rests", "wait", "2s", "error", errors.New("refused\ntwice"), "to", "a@example.org")
		log.With("issue", "x").Error("issue is paused")
		if errs.String() != test.want {
			t.Errorf("quiet %v, verbose %v: said\n%swant\n%s", test.quiet, test.verbose, &errs, test.want)
		}
	}
}
