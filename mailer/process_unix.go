//go:build unix && !linux

package mailer

import (
	"errors"
	"os"
	"syscall"
)

// hostID is the machine's name: it does not change with a reboot, so a PID
// used again after one counts as alive until its lease ends.
func hostID() (string, error) { return os.Hostname() }

// startTime is not known in a portable way.
func startTime(int) (string, error) { return "", nil }

func running(p Process) bool {
	return !errors.Is(syscall.Kill(p.PID, 0), syscall.ESRCH)
}
