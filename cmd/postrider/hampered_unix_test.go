//go:build unix

package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

// hampered is the program where it may not do all that it wants. HAMPER_ROOM is
// how many octets a file may have, until SIGUSR1 makes room; with HAMPER_NOBODY a
// superuser becomes a user who owns nothing.
func hampered() {
	if err := hamper(); err != nil {
		fmt.Fprintln(os.Stderr, "hamper:", err)
		os.Exit(99)
	}
	main()
}

func hamper() error {
	if os.Getenv("HAMPER_NOBODY") != "" && os.Getuid() == 0 {
		const nobody = 65534
		if err := syscall.Setgid(nobody); err != nil {
			return err
		}
		if err := syscall.Setuid(nobody); err != nil {
			return err
		}
	}
	room, err := strconv.ParseUint(os.Getenv("HAMPER_ROOM"), 10, 64)
	if err != nil {
		return nil // as much as there is
	}
	signal.Ignore(syscall.SIGXFSZ) // or it ends the process instead of failing the write
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	free := make(chan os.Signal, 1)
	signal.Notify(free, syscall.SIGUSR1)
	go func() {
		<-free
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			fmt.Fprintln(os.Stderr, "hamper:", err)
		}
	}()
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: room, Max: limit.Max})
}
