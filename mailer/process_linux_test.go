package mailer

import (
	"io"
	"os"
	"os/exec"
	"runtime"
	"testing"
)

func TestAlive(t *testing.T) {
	self, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := self
	elsewhere.Host += " elsewhere"
	elsewhere.PID = 1 << 22
	reused := self
	reused.Started = "1"
	tests := []struct {
		name string
		p    Process
		want bool
	}{
		{"this process", self, true},
		{"an earlier process with the same PID", reused, false},
		{"a process of another machine, whose life is its lease", elsewhere, true},
	}
	for _, tt := range tests {
		if got := Alive(tt.p); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// A process killed without being waited for is a zombie: it has a PID and a
// start time, and is dead all the same.
func TestAliveAfterKill(t *testing.T) {
	if os.Getenv("POSTRIDER_TEST_SLEEPER") != "" {
		io.Copy(io.Discard, os.Stdin) // until it is killed
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestAliveAfterKill$")
	cmd.Env = append(os.Environ(), "POSTRIDER_TEST_SLEEPER=1")
	// Its end closes the pipe: the sign to look, before Wait removes the zombie.
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	host, err := hostID()
	if err != nil {
		t.Fatal(err)
	}
	started, err := startTime(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	child := Process{host, cmd.Process.Pid, started}
	if !Alive(child) {
		t.Error("a running child counts as dead")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for b := make([]byte, 512); err == nil; {
		_, err = out.Read(b)
	}
	waitZombie(t, cmd.Process.Pid)
	if Alive(child) {
		t.Error("a killed child counts as alive before its parent has waited for it")
	}
	cmd.Wait() // reports the kill
	if Alive(child) {
		t.Error("a killed child counts as alive")
	}
}

// waitZombie waits until the kernel has ended the process; its files are closed
// a moment earlier.
func waitZombie(t *testing.T, pid int) {
	t.Helper()
	for {
		state, _, err := procStat(pid)
		if err != nil {
			t.Fatal(err)
		}
		if state == "Z" || state == "X" {
			return
		}
		runtime.Gosched()
	}
}
