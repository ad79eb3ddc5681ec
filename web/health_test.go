package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
	"postrider/store"
)

// here asks from this machine, as who may watch.
func here(t *testing.T, h http.Handler, target string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.RemoteAddr = "127.0.0.1:9"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func readyOf(t *testing.T, w *httptest.ResponseRecorder) readiness {
	t.Helper()
	var ready readiness
	if err := json.Unmarshal(w.Body.Bytes(), &ready); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	if (w.Code == http.StatusOK) != ready.Ready || w.Code != http.StatusOK && w.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d with %+v", w.Code, ready)
	}
	return ready
}

func TestHealthOutlivesTheDatabase(t *testing.T) {
	house := newHouse(t, "https://news.example.org/blog")
	h := house.server("en")
	if ready := readyOf(t, here(t, h, "/readyz")); !ready.Ready || ready.Sending != "allowed" || ready.Schema < 3 || len(ready.Problems) > 0 {
		t.Errorf("at first %+v", ready)
	}
	house.ok(house.store.Close())
	for _, base := range []string{"", "/blog"} {
		if w := here(t, h, base+"/healthz"); w.Code != http.StatusOK || w.Body.String() != "ok\n" {
			t.Errorf("%s/healthz: %d %q", base, w.Code, w.Body)
		}
		if ready := readyOf(t, here(t, h, base+"/readyz")); ready.Ready || !strings.Contains(fmt.Sprint(ready.Problems), "the database does not answer") {
			t.Errorf("without a database %+v", ready)
		}
	}
}

// What a copy would be noticed by is missing: mail goes out, and it is told.
func TestReadinessWithoutTheNote(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en")
	for range 2 {
		_, err := house.store.Enlist(t.Context(), mailer.Process{Host: "here", PID: 1, Started: "then"}, time.Now())
		house.ok(err)
	}
	if ready := readyOf(t, here(t, h, "/readyz")); !ready.Ready || len(ready.Problems) > 0 {
		t.Errorf("with it %+v", ready)
	}
	note := house.store.Path() + "-home"
	house.ok(os.Remove(note))
	ready := readyOf(t, here(t, h, "/readyz"))
	if !ready.Ready || ready.Sending != "allowed" || !strings.Contains(fmt.Sprint(ready.Problems), note) {
		t.Errorf("without it %+v", ready)
	}
}

// A duty that has stopped, or failed for long, makes the process unready. One that
// fails for a moment is a problem that is told.
func TestReadinessOfDuties(t *testing.T) {
	fault := errors.New("no disk")
	for _, c := range []struct {
		name       string
		beat, done time.Duration // ago; 0: never
		err        error
		ready      bool
		says       string
	}{
		{"just begun", 0, 0, nil, true, "[]"},
		{"well", time.Second, time.Second, nil, true, "[]"},
		{"long at work", time.Second, time.Hour, nil, true, "[]"},
		{"stopped", 3 * time.Minute, 3 * time.Minute, nil, false, "[scheduler: nothing was heard of it for 3m0s]"},
		{"failing for a minute", time.Second, time.Minute, fault, true, "[scheduler: no disk]"},
		{"failing for long", time.Second, 6 * time.Minute, fault, false, "[scheduler: it has not gone well for 6m0s: no disk]"},
		{"failing from the beginning", time.Second, 0, fault, false, "[scheduler: it has not gone well for 10m0s: no disk]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			house := newHouse(t, "https://news.example.org")
			ago := func(d time.Duration) time.Time {
				if d == 0 {
					return time.Time{}
				}
				return house.now.Add(-d)
			}
			h := house.server("en", func(_ *Config, p *Parts) {
				p.Duties = []Duty{{Name: "scheduler", State: func() DutyState { return DutyState{Beat: ago(c.beat), Done: ago(c.done), Err: c.err} }}}
			})
			house.now = house.now.Add(10 * time.Minute)
			ready := readyOf(t, here(t, h, "/readyz"))
			if ready.Ready != c.ready || fmt.Sprint(ready.Problems) != c.says || len(ready.Duties) != 1 || (ready.Duties[0].Done == nil) != (c.done == 0) {
				t.Errorf("%+v, want ready %v and %s", ready, c.ready, c.says)
			}
		})
	}
}

// A process that serves pages only tells what the others on its database leave
// undone, and is ready all the same.
func TestReadinessWithoutTheOthers(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	house.issue(house.post("first.md", "Words."))
	house.post("later.md", "---\ndate: 2026-03-02T11:30:00Z\n---\nWords.")
	_, err := house.store.SeeDigests(t.Context(), []string{"news", "days"}, house.now)
	house.ok(err)
	h := house.server("en")
	house.now = time.Date(2026, 3, 2, 12, 4, 0, 0, time.UTC)
	for _, c := range []struct {
		after time.Duration
		says  []string
	}{
		{0, []string{"a post that was to appear 34m0s ago", "mail has been due for 2h4m0s and no process sends"}},
		{14 * time.Hour, []string{"a post that was", "mail has been", "the digest days of 2026-03-03 is not cut"}},
	} {
		house.now = house.now.Add(c.after)
		ready := readyOf(t, here(t, h, "/readyz"))
		ok := ready.Ready && ready.Outbox.Workers == 0 && len(ready.Problems) == len(c.says)
		for _, words := range c.says {
			ok = ok && strings.Contains(fmt.Sprint(ready.Problems), words)
		}
		if !ok {
			t.Errorf("after %s: %+v, want %q", c.after, ready, c.says)
		}
	}
	text := here(t, h, "/metrics").Body.String()
	for _, want := range []string{"postrider_workers 0\n", "postrider_oldest_due_timestamp_seconds 1.7"} {
		if !strings.Contains(text, want) {
			t.Errorf("/metrics has no %s", want)
		}
	}
}

// Posts that no digest of cadence instant takes are told, once their delay is over.
func TestReadinessOfInstantReaders(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	house.reader("ada@example.org", newsletter.Active)
	_, err := house.store.ChangeSubscriber(t.Context(), "ada@example.org", func(s newsletter.Subscriber) (newsletter.Subscriber, error) {
		s.Cadence = newsletter.Instant
		return s, nil
	}, store.Record{}, house.now)
	house.ok(err)
	house.post("first.md", "Words.")
	h := house.server("en", func(c *Config, _ *Parts) {
		c.Digests = newsletter.Digests{{Name: "now", Cadence: newsletter.Instant, Delay: 10 * time.Minute}}
	})
	for _, c := range []struct {
		after time.Duration
		says  string
	}{
		{14 * time.Minute, "[]"},
		{2 * time.Minute, "[the digest now has not taken a post of 16m0s ago; does a process with the role scheduler run?]"},
	} {
		house.now = house.now.Add(c.after)
		if ready := readyOf(t, here(t, h, "/readyz")); !ready.Ready || fmt.Sprint(ready.Problems) != c.says {
			t.Errorf("after %s: %+v, want %s", c.after, ready, c.says)
		}
	}
}

// Mail that waits too long is told, but the site is ready without a relay.
func TestReadinessOfTheOutbox(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	house.issue(house.post("first.md", "Words."))
	h := house.server("en")
	house.now = house.now.Add(20 * time.Minute)
	ready := readyOf(t, here(t, h, "/readyz"))
	if !ready.Ready || ready.Outbox.AgeSeconds != 20*60 || !strings.Contains(fmt.Sprint(ready.Problems), "due for 20m0s") {
		t.Errorf("%+v", ready)
	}
	// Whoever else asks learns the one word that a load balancer needs.
	if w := get(t, h, "/readyz"); strings.Join(strings.Fields(w.Body.String()), "") != `{"ready":true}` {
		t.Errorf("it tells everybody %s", w.Body)
	}
}

// An issue that the breaker stopped is told with the reason, until it goes on.
func TestReadinessOfAPausedIssue(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	id := house.issue(house.post("first.md", "Words."))
	h := house.server("en")
	_, err := house.store.PauseIssue(t.Context(), id, "535 5.7.8 the login is refused")
	house.ok(err)
	ready := readyOf(t, here(t, h, "/readyz"))
	if !ready.Ready || !strings.Contains(fmt.Sprint(ready.Problems), "issue "+id+" is paused: 535 5.7.8") {
		t.Errorf("%+v", ready)
	}
	err = house.store.ResumeIssue(t.Context(), id, house.now)
	house.ok(err)
	if ready := readyOf(t, here(t, h, "/readyz")); len(ready.Problems) != 0 {
		t.Errorf("resumed: %+v", ready)
	}
}

func TestMetrics(t *testing.T) {
	house := newArchive(t, "https://news.example.org/blog")
	house.issue(house.post("sent.md", "Words."))
	h := house.server("en", func(c *Config, _ *Parts) { c.MetricsAllow = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/31")} })
	get(t, h, "/blog/posts/horn")
	get(t, h, "/blog/posts/made-up")
	ask(h, "BREW", "/blog/posts/horn", "")
	for _, target := range []string{"/metrics", "/blog/metrics"} {
		text := here(t, h, target).Body.String()
		for _, want := range []string{
			`postrider_http_request_duration_seconds_count{method="GET",route="/blog/posts/{slug}",status="2xx"} 1`,
			`postrider_http_request_duration_seconds_count{method="GET",route="/blog/posts/{slug}",status="4xx"} 1`,
			`postrider_http_request_duration_seconds_count{method="other",route="/blog/posts/{slug}",status="4xx"} 1`,
			`postrider_subscribers{state="active"} 1`, `postrider_posts{state="published"} 6`, `postrider_deliveries{state="queued"} 1`,
			"postrider_last_issue_readers 1", "postrider_last_issue_timestamp_seconds 1.7", "postrider_database_up 1", "postrider_changes ",
			"go_goroutines", "process_start_time_seconds",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s has no %s:\n%s", target, want, text)
			}
		}
		if strings.Contains(text, "made-up") || strings.Contains(text, "BREW") {
			t.Errorf("%s repeats what visitors made up", target)
		}
	}
}

// The figures are for this machine and the networks that are allowed, also where
// somebody pretends.
func TestWhoMayWatch(t *testing.T) {
	h := newHouse(t, "https://news.example.org").server("en", func(c *Config, _ *Parts) {
		c.MetricsAllow = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}
	})
	for _, c := range []struct {
		remote, forwarded string
		may               bool
	}{
		{"127.0.0.1:9", "", true}, {"[::1]:9", "", true}, {"10.0.0.7:9", "", true}, {"10.0.0.1:9", "10.0.0.7", true},
		{"192.0.2.1:9", "", false}, {"192.0.2.1:9", "127.0.0.1", false}, {"192.0.2.1:9", "10.0.0.7", false},
		{"127.0.0.1:9", "192.0.2.1", false}, // a proxy here that nobody told of
		{"127.0.0.1:9", "127.0.0.1", false}, //
		{"10.0.0.7:9", "192.0.2.1", false},  // one there
		{"10.0.0.1:9", "192.0.2.1", false},  // one that is known
		{"10.0.0.1:9", "10.0.0.7, 192.0.2.1", false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if may := w.Code == http.StatusOK; may != c.may || !may && (w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "postrider_")) {
			t.Errorf("%s for %q: %d", c.remote, c.forwarded, w.Code)
		}
	}
}
