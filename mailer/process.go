package mailer

import (
	"fmt"
	"os"
)

// Self describes the running process, for [Queue.Enlist].
func Self() (Process, error) {
	host, err := hostID()
	if err != nil {
		return Process{}, fmt.Errorf("identify this machine: %w", err)
	}
	started, err := startTime(os.Getpid())
	if err != nil {
		return Process{}, fmt.Errorf("identify this process: %w", err)
	}
	return Process{Host: host, PID: os.Getpid(), Started: started}, nil
}

// Alive tells whether p still runs. Of a process it cannot look at, one of
// another machine or container, it says that it lives: then the lease decides.
// After a reboot of this machine all of its former processes count as living
// until their lease ends.
func Alive(p Process) bool {
	host, err := hostID()
	if err != nil || host != p.Host || p.PID <= 0 {
		return true
	}
	return running(p)
}
