package figures

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Machine is where and what was measured.
type Machine struct {
	Commit    string // of what was measured; "+" after it: with changes
	When      time.Time
	Cores     int
	Processor string
	System    string // kernel and architecture
	Go        string
}

// ThisMachine describes the one this runs on, and the commit of the working folder.
// What it cannot find out is "?".
func ThisMachine() Machine {
	return Machine{
		Commit:    told("git", "describe", "--always", "--exclude=*", "--dirty=+"),
		When:      time.Now().UTC(),
		Cores:     runtime.NumCPU(),
		Processor: processor(),
		System:    told("uname", "-srm"),
		Go:        runtime.Version(),
	}
}

func (m Machine) String() string {
	return fmt.Sprintf("Postrider %s, %s\n%d cores (%s), %s, %s\nmedians of rounds in which both took turns; promises by their worst round",
		m.Commit, m.When.Format("2006-01-02 15:04 MST"), m.Cores, m.Processor, m.System, m.Go)
}

// told is what a program prints.
func told(name string, args ...string) string {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return "?"
	}
	return strings.TrimSpace(string(out))
}

// processor is its name, where proc(5) knows one.
func processor() string {
	data, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(data)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
