package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"postrider/cmd/postrider/config"
	"postrider/mailer"
)

// Exit codes, as people's scripts rely on them.
const (
	exitDone       = 0
	exitFailed     = 1 // also for wrong data: a file, an address, a reference
	exitUsage      = 2 // wrong command line or configuration file
	exitIncomplete = 3 // an issue ended with deliveries that failed or are uncertain
)

// app is what every command shares: the outside world and the global flags.
type app struct {
	in       io.Reader
	out, err io.Writer
	getenv   func(string) string
	now      func() time.Time
	patience time.Duration // with a relay out of reach; 0: the usual

	dns  mailer.Resolver             // nil: the system's
	room func(string) (int64, error) // octets free at a folder; nil: as the system says

	bar *progress // drawn at a terminal now; set before the work begins, and nil after it

	configFile string
	json       bool
	quiet      bool
	verbose    bool
}

// usageError is a wrong command line.
type usageError struct{ error }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

func (e usageError) Unwrap() error { return e.error }

// errIncomplete is said once, by the command's own report.
var errIncomplete = errors.New("some mail could not be delivered")

// errPaused is said once when it happens, by the log, and with what to do by the command's
// own report.
var errPaused = errors.New("an issue was paused")

// run executes one command line and returns its exit code.
func (a *app) run(ctx context.Context, args []string) int {
	out := &output{to: a.out}
	a.out = out
	root := newRoot(a)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = out.failed
	}
	if err == nil {
		return exitDone
	}
	var usage usageError
	var settings *config.Error
	switch {
	case errors.Is(err, errIncomplete):
		return exitIncomplete
	case errors.Is(err, errUnwell), errors.Is(err, errPaused):
		return exitFailed
	case errors.As(err, &usage):
		a.complain(err)
		fmt.Fprintf(a.err, "See `%s --help`.\n", cmd.CommandPath())
		return exitUsage
	case errors.As(err, &settings):
		a.complain(err)
		return exitUsage
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(a.err, "postrider: interrupted; run the command again to go on")
		return exitFailed
	default:
		a.complain(err)
		return exitFailed
	}
}

// reading gives a.in so that it ends when ctx does: who is asked something, or
// waits for a pipe, wants an interrupt to work at once.
func (a *app) reading(ctx context.Context) io.Reader {
	r, w := io.Pipe()
	go func() {
		_, err := io.Copy(w, a.in)
		w.CloseWithError(err)
	}()
	context.AfterFunc(ctx, func() { w.CloseWithError(ctx.Err()) })
	return r
}

func (a *app) complain(err error) {
	for line := range strings.Lines(err.Error()) {
		a.tell("postrider: " + strings.TrimRight(line, "\n"))
	}
}

// say reports what was done, unless --quiet or --json asks for less.
func (a *app) say(format string, args ...any) {
	if !a.quiet && !a.json {
		fmt.Fprintf(a.out, format+"\n", args...)
	}
}

// usage says of a wrong number of arguments how the command is written.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if check(cmd, args) != nil {
			_, wants, _ := strings.Cut(cmd.Use, " ")
			given := count(len(args), "argument") + " given"
			if len(args) > 0 {
				given += " (" + strings.Join(args, " ") + ")"
			}
			return usagef("%s; write %s", given, strings.TrimSpace(cmd.CommandPath()+" "+wants))
		}
		return nil
	}
}
