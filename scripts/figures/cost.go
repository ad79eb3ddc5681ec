package figures

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Cost is what a process took.
type Cost struct {
	Wall time.Duration // from its start to its end
	CPU  time.Duration // user and system, as the kernel counted them
	Peak float64       // resident memory, MiB; 0 where the system does not tell
}

// watchEvery is how often a process is asked for its peak, which the system forgets with
// it. What it keeps for its parent is no measure: it begins with what that had itself
// when it forked.
const watchEvery = 10 * time.Millisecond

// Run runs a program to its end.
func Run(cmd *exec.Cmd) (Cost, error) {
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return Cost{}, err
	}
	ended, peak := make(chan struct{}), make(chan int64)
	go func() { peak <- watch(cmd.Process.Pid, ended) }()
	err := cmd.Wait()
	c := Cost{Wall: time.Since(start), CPU: WorkOf(cmd.ProcessState)}
	close(ended)
	c.Peak = float64(<-peak) / (1 << 20)
	return c, err
}

// WorkOf is what an ended process took of the processors.
func WorkOf(ended *os.ProcessState) time.Duration { return ended.UserTime() + ended.SystemTime() }

// watch gives the peak of a process's resident memory until it has ended, in octets.
func watch(pid int, ended <-chan struct{}) (peak int64) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return peak
		case <-tick.C:
		}
		if memory, err := MemoryOf(pid); err == nil {
			peak = max(peak, memory["VmHWM"])
		}
	}
}

// MemoryOf reads what proc(5) says of a process, in octets; nothing where there is
// no such file.
func MemoryOf(pid int) (map[string]int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	memory := make(map[string]int64)
	for line := range strings.Lines(string(data)) {
		var name string
		var kibi int64
		if n, _ := fmt.Sscanf(line, "%s %d kB", &name, &kibi); n == 2 {
			memory[strings.TrimSuffix(name, ":")] = kibi << 10
		}
	}
	return memory, err
}
