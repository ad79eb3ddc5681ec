// Command benchprogram measures the program as a service: how soon it answers
// with a long list in its database, what memory it holds while nothing happens,
// and how large it is. Times on a busy machine say little; beside each stands what
// starting the program for nothing takes there, and the processor's own time.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"postrider/scripts/figures"
)

type bench struct {
	*figures.Book
	program, dir        string
	subscribers, rounds int
	idle                time.Duration
}

func main() {
	var b bench
	flag.StringVar(&b.program, "postrider", "", "the `PROGRAM` to measure, stripped")
	flag.IntVar(&b.subscribers, "subscribers", 1_000_000, "how many are on the list")
	flag.IntVar(&b.rounds, "rounds", 9, "how often it is started")
	flag.DurationVar(&b.idle, "idle", 5*time.Second, "how long it rests before its memory is read")
	figures.Main("benchprogram", func(book *figures.Book) error {
		b.Book = book
		return b.run()
	})
}

func (b bench) run() error {
	if b.rounds < 1 || b.subscribers < 1 {
		return fmt.Errorf("-rounds and -subscribers must be 1 or more, not %d and %d", b.rounds, b.subscribers)
	}
	var err error
	if b.program, err = filepath.Abs(b.program); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "benchprogram-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	info, err := os.Stat(b.program)
	if err != nil {
		return err
	}
	b.Say("The program: a list of %d", b.subscribers)
	if err := b.site(b.subscribers); err != nil {
		return err
	}
	if err := b.starts(); err != nil {
		return err
	}
	if err := b.rests(); err != nil {
		return err
	}
	return b.Add(figures.Figure{Axis: "binary", Rounds: []float64{float64(info.Size()) / 1e6}})
}

// starts measures how soon the service answers, and beside it the least that the
// program can do.
func (b bench) starts() error {
	var answers, works, nothing []float64
	for range b.rounds {
		least, err := b.version()
		if err != nil {
			return err
		}
		first, work, _, err := b.serve(0)
		if err != nil {
			return err
		}
		b.Say("  serve answers after %.1f ms (postrider version: %.1f ms)", millis(first), millis(least))
		answers, works, nothing = append(answers, millis(first)), append(works, millis(work)), append(nothing, millis(least))
	}
	return b.Add(figures.Figure{Axis: "start", Size: b.subscribers, Rounds: answers,
		Beside: fmt.Sprintf("%.1f ms for postrider version; %.1f ms of CPU from start to end",
			figures.Median(nothing), figures.Median(works))})
}

// rests measures what memory the service holds while nothing happens.
func (b bench) rests() error {
	var whole, file, data []float64
	for range b.rounds {
		_, _, memory, err := b.serve(b.idle)
		if err != nil {
			return err
		}
		if memory == nil {
			return b.Add(figures.Figure{Axis: "idle", Lacking: "no /proc here"})
		}
		b.Say("  serve at rest: %.1f MiB", mebi(memory["VmRSS"]))
		whole, file = append(whole, mebi(memory["VmRSS"])), append(file, mebi(memory["RssFile"]))
		data = append(data, mebi(memory["RssAnon"]))
	}
	return b.Add(figures.Figure{Axis: "idle", Rounds: whole, Beside: fmt.Sprintf("%.1f MiB of its own file, shared; %.1f MiB of data",
		figures.Median(file), figures.Median(data))})
}

// site makes a site with a post and a long list.
func (b bench) site(subscribers int) error {
	list, err := os.Create(filepath.Join(b.dir, "list.csv"))
	if err != nil {
		return err
	}
	w := bufio.NewWriter(list)
	fmt.Fprintln(w, "email")
	for i := range subscribers {
		fmt.Fprintf(w, "reader%d@example%d.org\n", i, i%5000)
	}
	if err := errors.Join(w.Flush(), list.Close()); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"init"}, {"post", "sync", "posts"}, {"subscriber", "import", "list.csv", "--confirmed", "--consent", "yes", "--quiet"},
	} {
		if out, err := b.command(args...).CombinedOutput(); err != nil {
			return fmt.Errorf("postrider %s: %w\n%s", strings.Join(args, " "), err, out)
		}
	}
	return nil
}

func (b bench) command(args ...string) *exec.Cmd {
	cmd := exec.Command(b.program, args...)
	cmd.Dir = b.dir
	return cmd
}

// version is the least that the program can do.
func (b bench) version() (took time.Duration, err error) {
	begin := time.Now()
	err = b.command("version").Run()
	return time.Since(begin), err
}

// serve starts the service, waits for its first page, lets it rest and ends it.
func (b bench) serve(rest time.Duration) (first, work time.Duration, memory map[string]int64, err error) {
	address, err := freeAddress()
	if err != nil {
		return 0, 0, nil, err
	}
	cmd := b.command("serve", "--address", address, "--quiet")
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, nil, err
	}
	err = firstPage("http://"+address+"/", begin.Add(time.Minute))
	first = time.Since(begin)
	if err == nil && rest > 0 {
		time.Sleep(rest)
		memory, err = figures.MemoryOf(cmd.Process.Pid)
	}
	err = errors.Join(err, cmd.Process.Signal(syscall.SIGTERM), cmd.Wait())
	return first, figures.WorkOf(cmd.ProcessState), memory, err
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// firstPage asks until it is answered.
func firstPage(url string, until time.Time) error {
	for {
		res, err := http.Get(url)
		if err == nil {
			res.Body.Close()
			if res.StatusCode != http.StatusOK {
				return fmt.Errorf("%s: %s", url, res.Status)
			}
			return nil
		}
		if time.Now().After(until) {
			return err
		}
		time.Sleep(200 * time.Microsecond)
	}
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func mebi(n int64) float64 { return float64(n) / (1 << 20) }
