package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rivo/uniseg"
	"golang.org/x/sys/unix"
)

// openTerminal gives both ends of a terminal: what a person looks at, and what a
// program writes to.
func openTerminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { person.Close() })
	fd := int(person.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 100}); err != nil {
		t.Fatal(err)
	}
	return person, program
}

// watched reads what a person sees of a program, until the program hangs up in seen. What the
// system has not passed on by then would be lost, so the program first says a mark that ends it.
func watched(t *testing.T) (program *os.File, seen func() string) {
	t.Helper()
	person, program := openTerminal(t)
	const mark = '\x04'
	all := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(person).ReadString(mark)
		all <- strings.TrimSuffix(text, string(mark))
	}()
	return program, func() string {
		t.Helper()
		if _, err := program.WriteString(string(mark)); err != nil {
			t.Fatal(err)
		}
		text := <-all
		if err := program.Close(); err != nil {
			t.Fatal(err)
		}
		return text
	}
}

// On a terminal a bar is drawn, with count, rate and time left, and taken away.
func TestProgressOnATerminal(t *testing.T) {
	program, look := watched(t)
	a := &app{err: program, now: time.Now}
	p := a.progress("cutting")
	for done := range int64(6) {
		p.set(done*100, 1000)
		time.Sleep(150 * time.Millisecond) // it is not drawn more often than that
	}
	p.end()
	seen := look()
	for _, words := range []string{"cutting", "500/1000", "/s, ", "s left", "\r"} {
		if !strings.Contains(seen, words) {
			t.Errorf("there is no %q on the terminal: %q", words, seen)
		}
	}
	if strings.Contains(seen, "\n") {
		t.Errorf("a line was left behind: %q", seen)
	}
}

// A window that is made narrow while a bar is drawn has no line that is longer than it is
// wide: such a line cannot be redrawn. Where it is too narrow for any, nothing is drawn.
func TestProgressOnATerminalThatIsMadeNarrow(t *testing.T) {
	program, look := watched(t)
	now := time.Date(2026, 11, 26, 18, 0, 0, 0, time.Local)
	a := &app{err: program, now: func() time.Time { return now }}
	p := a.progress("delivering")
	done := int64(0)
	widths := []int{100, 70, 40, 100, 50}
	for _, columns := range widths {
		if err := unix.IoctlSetWinsize(int(program.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: uint16(columns)}); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(program, "\r@%d\r", columns); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			done += 1000
			p.setReady(done, 1000000, 500000)
			now = now.Add(time.Second)
		}
	}
	p.end()
	seen := look()
	parts := strings.Split(seen, "\r@")[1:]
	if len(parts) != len(widths) {
		t.Fatalf("a bar has another form: %q", seen)
	}
	for i, part := range parts {
		for line := range strings.SplitSeq(part, "\r") {
			if columns := uniseg.StringWidth(strings.TrimPrefix(line, "\x1b[J")); columns > widths[i] {
				t.Errorf("in %d columns there is a line of %d: %q", widths[i], columns, line)
			}
		}
		if drawn := strings.Contains(part, "delivering"); drawn != (widths[i] >= minColumns) {
			t.Errorf("in %d columns a line is drawn: %v: %q", widths[i], drawn, part)
		}
	}
}

// A line on a terminal of 80 columns has room for when the next mail is due.
func TestProgressOnATerminalThatWaits(t *testing.T) {
	program, look := watched(t)
	now := time.Date(2026, 11, 26, 18, 0, 0, 0, time.Local)
	a := &app{err: program, now: func() time.Time { return now }}
	p := a.progress("delivering")
	for range 2 {
		p.setReady(123456, 1000000, 800000)
		now = now.Add(time.Minute)
		p.next = now.Add(time.Hour)
	}
	p.end()
	seen := look()
	if !strings.Contains(seen, "delivering, the next at 19:01:00") {
		t.Errorf("it is not said when the next is due: %q", seen)
	}
	for line := range strings.SplitSeq(seen, "\r") {
		if columns := uniseg.StringWidth(line); columns > 80 {
			t.Errorf("a line of %d columns: %q", columns, line)
		}
	}
}

// At a terminal a person is asked before a database is unlocked, and may refuse.
func TestUnlockAsks(t *testing.T) {
	s := newSite(t, 1, "transport: maildir")
	s.recopy()
	for _, test := range []struct {
		answer string
		code   int
		locked bool
	}{{"n\n", exitFailed, true}, {"y\n", exitDone, false}} {
		person, program := openTerminal(t)
		if _, err := person.WriteString(test.answer); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		a := &app{in: program, out: &out, err: &errs, now: time.Now, getenv: func(string) string { return "" }}
		code := a.run(t.Context(), []string{"--config", s.path("config.yaml"), "unlock"})
		if code != test.code || !strings.Contains(errs.String(), "Does no other database send in its place? [y/N]") {
			t.Errorf("%q: exit status %d, asked %q", test.answer, code, &errs)
		}
		found, _ := s.examined(nil)
		if locked := len(found) == 1 && strings.HasPrefix(found[0], "warn lock"); locked != test.locked {
			t.Errorf("%q: then doctor says %q", test.answer, found)
		}
	}
}

// At a terminal a person is asked about what an earlier send has left, and then about
// what is new. Both answers may be typed ahead.
func TestSendAsksBeforeItGoesOn(t *testing.T) {
	for _, test := range []struct {
		answers string
		code    int
		sent    int
	}{{"n\n", exitFailed, 0}, {"y\nn\n", exitFailed, 0}, {"y\ny\n", exitDone, 5 + 3}} { // three of five take every topic
		s := newSite(t, 5, "transport: maildir")
		s.must("digest", "send", "--yes", "--queue")
		s.write("more.md", "More of it.\n")
		s.must("post", "add", s.path("more.md"))
		person, program := openTerminal(t)
		if _, err := person.WriteString(test.answers); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		a := &app{in: program, out: &out, err: &errs, now: time.Now, getenv: func(string) string { return "" }}
		code := a.run(t.Context(), []string{"--config", s.path("config.yaml"), "digest", "send"})
		files, _ := filepath.Glob(s.path("outbox/new/*"))
		if code != test.code || len(files) != test.sent || !strings.Contains(errs.String(), "5 mails left. Go on with it? [y/N]") {
			t.Errorf("%q: exit status %d, %d sent, asked %q", test.answers, code, len(files), &errs)
		}
	}
}

// What people wrote gives no orders to the terminal on which it is shown; a file has
// it as it is.
func TestTextsAreHarmlessOnATerminal(t *testing.T) {
	s := newSite(t, 0, "transport: maildir")
	s.must("subscriber", "add", "ada@example.org", "--confirmed", "--consent", "yes \x1b[1m\u009b2J\x07 日本")
	program, look := watched(t)
	a := &app{out: program, err: program, now: time.Now, getenv: func(string) string { return "" }}
	args := []string{"--config", s.path("config.yaml"), "subscriber", "show", "ada@example.org"}
	if code := a.run(t.Context(), args); code != exitDone {
		t.Errorf("exit status %d", code)
	}
	a.warn("a name \x1b[1m")
	seen := look()
	for _, words := range []string{"yes ^[[1m^[2J^G 日本", "warning: a name ^[[1m"} {
		if !strings.Contains(seen, words) {
			t.Errorf("there is no %q on the terminal: %q", words, seen)
		}
	}
	if strings.ContainsAny(seen, "\x1b\u009b\x07") {
		t.Errorf("the terminal was given orders: %q", seen)
	}
	var piped bytes.Buffer
	a.out = &piped
	if a.run(t.Context(), args); !strings.Contains(piped.String(), "\x1b[1m") {
		t.Errorf("a file has %q", &piped)
	}
}

// A terminal's line has room for what a post is called by, its title and its tags, however
// long slug and title are.
func TestPostListOnATerminal(t *testing.T) {
	s := newSite(t, 0, "transport: maildir")
	long := strings.Repeat("long-", 14) + "slug"
	s.write("long.md", "---\nslug: "+long+"\ntitle: "+strings.Repeat("Long title ", 10)+"\ntags: [harbour]\n---\nx\n")
	s.must("post", "add", s.path("long.md"))
	program, look := watched(t)
	a := &app{out: program, err: program, now: time.Now, getenv: func(string) string { return "" }}
	a.run(t.Context(), []string{"--config", s.path("config.yaml"), "post", "list"})
	seen := look()
	for line := range strings.Lines(seen) {
		if columns := uniseg.StringWidth(strings.TrimSpace(line)); columns > 100 {
			t.Errorf("a line of %d columns: %q", columns, line)
		}
	}
	for _, words := range []string{long[:25], "  harbour  ", "Long title Long title"} {
		if !strings.Contains(seen, words) {
			t.Errorf("there is no %q on the terminal: %q", words, seen)
		}
	}
}
