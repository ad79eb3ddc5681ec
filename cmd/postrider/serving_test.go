package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// serving is a process that serves a site, at a port of its own.
type serving struct {
	*process
	site *site
	view serveView
	url  string // where it listens; "" without the role web
}

// serve starts the program and waits until it says that it serves.
func (s *site) serve(args ...string) *serving {
	s.t.Helper()
	return s.serveAs("postrider", nil, args...)
}

func (s *site) serveAs(program string, env []string, args ...string) *serving {
	s.t.Helper()
	p := s.prepare(program, env, append([]string{"serve", "--json"}, args...)...)
	begun := p.out.says("\n}\n")
	p.run()
	select {
	case <-begun:
	case <-p.ended:
		s.t.Fatalf("it ended: %s", p.err.String())
	}
	v := &serving{process: p, site: s}
	if err := json.Unmarshal([]byte(p.out.String()), &v.view); err != nil {
		s.t.Fatalf("%v: %s", err, p.out.String())
	}
	if len(v.view.Addresses) > 0 {
		v.url = "http://" + v.view.Addresses[0]
	}
	return v
}

// serveAnywhere is serve with all roles, at a free port.
func (s *site) serveAnywhere(args ...string) *serving {
	s.t.Helper()
	return s.serve(append([]string{"--address", "127.0.0.1:0"}, args...)...)
}

// get fetches a page.
func (v *serving) get(path string) (status int, body string) {
	v.t.Helper()
	res, err := http.Get(v.url + path)
	if err != nil {
		v.t.Fatalf("%v; it said:\n%s", err, v.err.String())
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return res.StatusCode, string(data)
}

// stop ends it in order.
func (v *serving) stop() {
	v.t.Helper()
	v.signal(os.Interrupt)
	v.exits(exitDone)
}

// waitFor looks until something is so. How long that takes is not what is tested:
// the limit is there for what never comes.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for limit := time.Now().Add(time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

// shows waits until a page has these words.
func (v *serving) shows(path, words string) {
	v.t.Helper()
	waitFor(v.t, path+" shows "+words, func() bool {
		_, body := v.get(path)
		return strings.Contains(body, words)
	})
}

// mails gives the messages of the Maildir by whom they are for.
func (s *site) mails() map[string][]string {
	s.t.Helper()
	files, err := filepath.Glob(s.path("outbox/new/*"))
	if err != nil {
		s.t.Fatal(err)
	}
	all := make(map[string][]string)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			s.t.Fatal(err)
		}
		to := addressee(data)
		all[to] = append(all[to], string(data))
	}
	return all
}
