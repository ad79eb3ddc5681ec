// Command postrider publishes posts to readers over two roads: feeds that they
// pull and mail that is pushed to them.
//
// This package is the command line: flags, settings and wiring. Every command is
// a constructor in a file of its own that returns a cobra command; what they
// share is an [app], so that the program and its end-to-end tests run the same
// way. No rule of the domain lives here.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // digests name IANA zones, also where the system has none
)

func main() {
	a := &app{
		in:     os.Stdin,
		out:    os.Stdout,
		err:    os.Stderr,
		getenv: os.Getenv,
		now:    time.Now,
	}
	ctx, stop := signal.NotifyContext(hangup(context.Background()), os.Interrupt, syscall.SIGTERM)
	// The first signal ends in order, another one at once: but not if it comes with the
	// first, as from timeout(1), which tells the process and then its whole group.
	context.AfterFunc(ctx, func() {
		outliveReaders()
		time.AfterFunc(time.Second, stop)
	})
	os.Exit(a.run(ctx, os.Args[1:]))
}

// hangup gives a context that ends with the terminal. Kernel and shell may both tell of
// that, so a second SIGHUP is no reason to hurry; and who began this with nohup wants none.
func hangup(ctx context.Context) context.Context {
	if !signal.Ignored(syscall.SIGHUP) {
		ctx, _ = signal.NotifyContext(ctx, syscall.SIGHUP) // to the end of the process
	}
	return ctx
}

// outliveReaders makes the process live on when nobody reads any more what it says, as
// tee(1) does not once a key has interrupted them both: to write then fails, where SIGPIPE
// would have ended the process in the middle of a message.
func outliveReaders() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // what it starts does not inherit this
}
