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
	"slices"
	"strings"
	"syscall"
	"time"
)

type bench struct {
	program, dir string
}

func main() {
	program := flag.String("postrider", "", "the `PROGRAM` to measure, stripped")
	subscribers := flag.Int("subscribers", 1_000_000, "how many are on the list")
	rounds := flag.Int("rounds", 9, "how often it is started")
	idle := flag.Duration("idle", 5*time.Second, "how long it rests before its memory is read")
	flag.Parse()
	if err := run(*program, *subscribers, *rounds, *idle); err != nil {
		fmt.Fprintln(os.Stderr, "benchprogram:", err)
		os.Exit(1)
	}
}

func run(program string, subscribers, rounds int, idle time.Duration) error {
	program, err := filepath.Abs(program)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "benchprogram-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := bench{program, dir}
	if err := b.site(subscribers); err != nil {
		return err
	}
	info, err := os.Stat(program)
	if err != nil {
		return err
	}
	var nothing, answers, works []time.Duration
	for range rounds {
		took, err := b.version()
		if err != nil {
			return err
		}
		first, work, _, err := b.serve(0)
		if err != nil {
			return err
		}
		nothing, answers, works = append(nothing, took), append(answers, first), append(works, work)
	}
	_, _, memory, err := b.serve(idle)
	if err != nil {
		return err
	}
	fmt.Printf("The program, with %d subscribers (medians of %d rounds)\n", subscribers, rounds)
	fmt.Printf("  %-52s %8s ms   must 60, goal 25\n", "start of serve to the first 200", millis(median(answers)))
	fmt.Printf("  %-52s %8s ms\n", "  of the processor, until it was told to end", millis(median(works)))
	fmt.Printf("  %-52s %8s ms\n", "  beside: start and end of `postrider version`", millis(median(nothing)))
	fmt.Printf("  %-52s %8s MiB  must 30, goal 20\n", "idle memory of serve", mebi(memory["VmRSS"]))
	fmt.Printf("  %-52s %8s MiB\n", "  of it the program's own file, shared", mebi(memory["RssFile"]))
	fmt.Printf("  %-52s %8s MiB\n", "  and its data", mebi(memory["RssAnon"]))
	fmt.Printf("  %-52s %8.1f MB   must 25, goal 18\n", "stripped binary", float64(info.Size())/1e6)
	return nil
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
		memory, err = memoryOf(cmd.Process.Pid)
	}
	err = errors.Join(err, cmd.Process.Signal(syscall.SIGTERM), cmd.Wait())
	return first, workOf(cmd), memory, err
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

// workOf is what an ended process took of the processor.
func workOf(cmd *exec.Cmd) time.Duration {
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// memoryOf reads what proc(5) says of a process, in octets; nothing where there is
// no such file.
func memoryOf(pid int) (map[string]int64, error) {
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

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d.Microseconds())/1000) }

func mebi(n int64) string {
	if n == 0 {
		return "?"
	}
	return fmt.Sprintf("%.1f", float64(n)/(1<<20))
}
