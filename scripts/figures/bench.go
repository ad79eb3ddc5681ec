package figures

import (
	"flag"
	"fmt"
	"os"
	"syscall"
	"time"
)

// Main is what every bench is: it parses the flags, which are defined before, measures
// into a book, and closes that. What fails ends the process with 1.
func Main(name string, measure func(*Book) error) {
	record := flag.String("record", "", "the `FILE` that keeps the figures; empty: print their table")
	flag.Parse()
	book := Open(*record)
	err := measure(book)
	if err == nil {
		err = book.Close()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// Cost is what a process took.
type Cost struct {
	Wall time.Duration // from its start to its end
	CPU  time.Duration // user and system, as the kernel counted them
	Peak float64       // resident memory, MiB; 0 where the system does not tell
}

// CostOf reads it of a process that has just ended.
func CostOf(start time.Time, ended *os.ProcessState) Cost {
	c := Cost{Wall: time.Since(start), CPU: ended.UserTime() + ended.SystemTime()}
	if usage, ok := ended.SysUsage().(*syscall.Rusage); ok {
		c.Peak = float64(usage.Maxrss) / 1024
	}
	return c
}
