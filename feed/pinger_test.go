package feed

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestPingerSends(t *testing.T) {
	var asked []string
	status, location := http.StatusNoContent, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path+" "+r.FormValue("hub.mode")+" "+r.FormValue("hub.url")+" "+r.FormValue("hub.topic"))
		if location != "" {
			w.Header().Set("Location", location)
		}
		w.WriteHeader(status)
		if status >= http.StatusBadRequest {
			_, _ = w.Write([]byte(strings.Repeat("no ", 1<<20))) // the pinger hangs up
		}
	}))
	defer server.Close()
	hub := server.URL + "/hub"
	p := &Pinger{Site: Site{Hubs: []string{hub}}, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	const topic = "https://news.example.org/feed.xml?a=1&b=2"
	for _, c := range []struct {
		status   int
		location string
		hub      string
		problem  string
	}{
		{200, "", hub, ""},
		{202, "", hub, ""},
		{204, "", hub, ""},
		{302, server.URL + "/elsewhere", hub, "set its new address in feed.hubs"},
		{308, server.URL + "/elsewhere", hub, "set its new address in feed.hubs"},
		{400, "", hub, "the hub answered 400 Bad Request"},
		{503, "", hub, "the hub answered 503"},
	} {
		asked, status, location = nil, c.status, c.location
		err := p.send(t.Context(), p.client(), Ping{Hub: c.hub, Topic: topic})
		if (err == nil) != (c.problem == "") || err != nil && (!strings.Contains(err.Error(), c.problem) || len(err.Error()) > 400) {
			t.Errorf("%d: %v", c.status, err)
		}
		if c.hub == hub && (len(asked) != 1 || asked[0] != "POST /hub publish "+topic+" "+topic) {
			t.Errorf("%d: asked %q", c.status, asked)
		}
		if c.hub != hub && len(asked) != 0 {
			t.Errorf("asked %q", asked)
		}
	}
	server.Close()
	if err := p.send(t.Context(), p.client(), Ping{Hub: hub, Topic: topic}); err == nil {
		t.Error("a hub that is away took it")
	}
}

func TestPingerRests(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	p := &Pinger{Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)}
	ping := Ping{Created: now, State: PingQueued}
	for _, rest := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 240, 240} {
		ping.Attempts++
		ping = p.settle(ping, http.ErrServerClosed)
		if got := ping.Due.Sub(now); got != rest*time.Minute || ping.State != PingQueued || ping.Note == "" {
			t.Errorf("attempt %d: rests %v, %s", ping.Attempts, got, ping.State)
		}
		now = ping.Due
	}
	now = ping.Created.Add(pingEnd - time.Second)
	ping.Attempts++
	if ping = p.settle(ping, http.ErrServerClosed); ping.State != PingFailed {
		t.Errorf("after a day it is %s", ping.State)
	}
	if done := p.settle(Ping{Created: now, Attempts: 1, State: PingQueued, Note: "away"}, nil); done.State != PingDone || done.Note != "" {
		t.Errorf("taken, it is %+v", done)
	}
}

// A hub that is away rests longer and longer, an hour at most; one that refuses a
// topic is there.
func TestHubsRest(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	hub := &recipient{}
	for _, rest := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		hub.answered(http.ErrServerClosed, now)
		if got := hub.until.Sub(now); got != rest*time.Minute {
			t.Errorf("after %d failures it rests %v, want %d minutes", hub.failures, got, rest)
		}
	}
	for _, answer := range []error{nil, refusal{http.ErrNotSupported}} {
		hub.answered(http.ErrServerClosed, now)
		if hub.answered(answer, now); !hub.until.IsZero() || hub.failures != 0 || hub.away != nil {
			t.Errorf("it answered %v and rests until %v", answer, hub.until)
		}
	}
}
