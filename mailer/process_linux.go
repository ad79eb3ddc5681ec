package mailer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// hostID names the boot of this machine and its PID namespace: containers
// share the first, and a PID means nothing outside the second.
func hostID() (string, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", err
	}
	space, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(boot)) + " " + space, nil
}

// startTime gives when the process started, in clock ticks since boot.
func startTime(pid int) (string, error) {
	_, started, err := procStat(pid)
	return started, err
}

// running asks the kernel twice: kill also sees processes that a hardened
// /proc hides, and /proc tells a reused PID and a dead child nobody waited for.
func running(p Process) bool {
	if errors.Is(syscall.Kill(p.PID, 0), syscall.ESRCH) {
		return false
	}
	state, started, err := procStat(p.PID)
	if err != nil {
		return true
	}
	return state != "Z" && state != "X" && started == p.Started
}

// procStat reads fields 3 (state) and 22 (start time) of /proc/PID/stat. Field
// 2 is the program's name in brackets, which may hold anything.
func procStat(pid int) (state, started string, err error) {
	path := fmt.Sprintf("/proc/%d/stat", pid)
	stat, err := os.ReadFile(path)
	if err != nil {
		return "", "", err
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 20 {
		return "", "", fmt.Errorf("%s has %d fields after the name, want 20", path, len(fields))
	}
	return fields[0], fields[19], nil
}
