//go:build !unix

package mailer

import "os"

func hostID() (string, error) { return os.Hostname() }

// startTime is not known in a portable way.
func startTime(int) (string, error) { return "", nil }

// running cannot be asked here without races; the lease decides.
func running(Process) bool { return true }
