package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"postrider/cmd/postrider/config"
	"postrider/store"
)

// hold keeps the database from being written, as another process may, until it is
// let go.
func (s *site) hold(mode string) (letGo func()) {
	s.t.Helper()
	db, err := sql.Open("sqlite3", s.path("postrider.db")+"?_busy_timeout=10000")
	if err != nil {
		s.t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	run := func(command string) {
		if _, err := db.Exec(command); err != nil {
			s.t.Fatal(err)
		}
	}
	run("BEGIN " + mode)
	return func() {
		run("ROLLBACK")
		if err := db.Close(); err != nil {
			s.t.Error(err)
		}
	}
}

// A database that another process holds for longer than anybody waits stops
// nothing for good: pages go on, forms are put off, and afterwards the mail goes out.
func TestServeABusyDatabase(t *testing.T) {
	for _, mode := range []string{"IMMEDIATE", "EXCLUSIVE"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, 3, "transport: maildir")
			v := s.serveImpatiently(50 * time.Millisecond)
			letGo := s.hold(mode)
			v.says("another process holds the database")
			for range 3 {
				for path, words := range map[string]string{"/": "About ships", "/posts/go": "Generics", "/tags/sea": "About ships", "/readyz": `"ready": true`} {
					if body, status := v.get(path); status != http.StatusOK || !strings.Contains(body, words) {
						t.Errorf("%s: %d\n%s", path, status, body)
					}
				}
			}
			letGo()
			s.must("digest", "send", "--yes", "--queue")
			waitFor(t, "every mail", func() bool { return len(s.mails()) == len(s.active) })
			v.stop()
			s.finished()
		})
	}
}

// served is a site that is served in this process.
type served struct {
	t    *testing.T
	url  string
	log  *transcript
	stop func()
}

// serveImpatiently serves the site in this process, with a database that is not
// waited for longer than this.
func (s *site) serveImpatiently(wait time.Duration) *served {
	s.t.Helper()
	cfg, err := config.Load(s.path("config.yaml"), func(string) string { return "" })
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	st, err := store.Open(ctx, cfg.DatabasePath(), store.Options{Wait: wait})
	if err != nil {
		s.t.Fatal(err)
	}
	r, w := io.Pipe()
	v := &served{t: s.t, log: &transcript{}}
	session := &session{app: &app{out: w, err: v.log, json: true, now: time.Now, getenv: func(string) string { return "" }}, cfg: cfg, store: st}
	ended := make(chan error, 1)
	go func() {
		ended <- session.serve(ctx, serveOptions{roles: []string{roleWeb, roleScheduler, roleDeliver}, address: "127.0.0.1:0"})
		w.Close()
	}()
	var view serveView
	if err := json.NewDecoder(r).Decode(&view); err != nil {
		s.t.Fatalf("%v; it said:\n%s", err, v.log)
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	v.url = "http://" + view.Addresses[0]
	v.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("%v; it said:\n%s", err, v.log)
		}
		if err := st.Close(); err != nil {
			s.t.Error(err)
		}
	}
	return v
}

func (v *served) says(words string) {
	v.t.Helper()
	waitFor(v.t, "it says "+words, func() bool { return strings.Contains(v.log.String(), words) })
}

func (v *served) get(path string) (body string, status int) {
	v.t.Helper()
	res, err := http.Get(v.url + path)
	if err != nil {
		v.t.Fatalf("%v; it said:\n%s", err, v.log)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return string(data), res.StatusCode
}
