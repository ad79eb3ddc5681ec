package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// quickExit is what GORACE tells the race detector, which else sleeps for a second
// at the end of every process.
const quickExit = "atexit_sleep_ms=0"

// process is a command that runs.
type process struct {
	*exec.Cmd
	t        *testing.T
	began    time.Time
	out, err transcript
	ended    chan struct{}
}

// transcript is what a process has said so far.
type transcript struct {
	mu     sync.Mutex
	said   bytes.Buffer
	waits  string
	spoken chan struct{}
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.said.Write(p) // never fails
	if t.waits != "" && strings.Contains(t.said.String(), t.waits) {
		t.waits = ""
		close(t.spoken)
	}
	return len(p), nil
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.said.String()
}

// says gives a channel that is closed once these words were said.
func (t *transcript) says(words string) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waits, t.spoken = words, make(chan struct{})
	return t.spoken
}

// start runs the program in the site's folder. TestMain has put it in PATH.
func (s *site) start(args ...string) *process { return s.startAs("postrider", nil, args...) }

func (s *site) startAs(program string, env []string, args ...string) *process {
	s.t.Helper()
	p := s.prepare(program, env, args...)
	p.run()
	return p
}

// prepare gives a process that run will start.
func (s *site) prepare(program string, env []string, args ...string) *process {
	p := &process{t: s.t, Cmd: exec.Command(program, args...), ended: make(chan struct{})}
	p.Dir, p.Stdout, p.Stderr = s.dir, &p.out, &p.err
	settings := func(v string) bool { return strings.HasPrefix(v, "POSTRIDER_") }
	p.Env = append(slices.DeleteFunc(os.Environ(), settings), "TZ=UTC", "GORACE="+quickExit)
	p.Env = append(p.Env, env...)
	return p
}

func (p *process) run() {
	p.t.Helper()
	p.began = time.Now()
	if err := p.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.Wait() // exits asks ProcessState
	}()
	p.t.Cleanup(p.kill)
}

// kill ends the process as a power cut does, and waits until it is gone.
func (p *process) kill() {
	if err := p.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Error(err)
	}
	<-p.ended
}

func (p *process) signal(sig os.Signal) {
	p.t.Helper()
	if err := p.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
}

// exits waits for the end, which must be this exit status and say these words.
func (p *process) exits(want int, words ...string) {
	p.t.Helper()
	<-p.ended
	said := p.out.String() + p.err.String()
	if got := p.ProcessState.ExitCode(); got != want {
		p.t.Fatalf("%v: exit status %d, want %d; it said:\n%s", p.Args, got, want, said)
	}
	for _, w := range words {
		if !strings.Contains(said, w) {
			p.t.Errorf("%v: it does not say %q:\n%s", p.Args, w, said)
		}
	}
}

// must runs a command to its good end.
func (s *site) must(args ...string) {
	s.t.Helper()
	s.start(args...).exits(exitDone)
}

// here runs a command in this process, with a transport out of reach for no
// longer than a moment.
func (s *site) here(args ...string) (code int, said string) {
	s.t.Helper()
	var out, errs bytes.Buffer
	a := &app{in: strings.NewReader(""), out: &out, err: &errs, now: time.Now, patience: time.Millisecond,
		getenv: func(string) string { return "" }}
	code = a.run(s.t.Context(), append([]string{"--config", s.path("config.yaml")}, args...))
	return code, out.String() + errs.String()
}
