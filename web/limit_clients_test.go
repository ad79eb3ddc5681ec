package web

import (
	"bytes"
	"encoding/binary"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestClientLimitsOverTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := newClientLimits(60, time.Minute)
		use := func(client string) (asked int, retry time.Duration) {
			for ; ; asked++ {
				wait := limit.wait(netip.MustParseAddr(client), time.Now())
				if wait > 0 || asked == 1000 {
					return asked, wait
				}
			}
		}
		for _, step := range []struct {
			client string
			after  time.Duration
			asked  int
		}{
			{"192.0.2.1", 0, 60},
			{"192.0.2.1", 0, 0},
			{"192.0.2.2", 0, 60},
			{"2001:db8::1", 0, 60},
			{"2001:db8::2", 0, 0},             // the same network
			{"2001:db8:0:1::", 0, 60},         // another one
			{"127.0.0.1", 0, 1000},            // this machine
			{"::1", 0, 1000},                  // is not limited
			{"192.0.2.1", 1 * time.Second, 1}, // refusals cost nothing
			{"192.0.2.1", 10 * time.Second, 10},
			{"192.0.2.1", 59 * time.Second, 59}, // remembered over a turn of generations
			{"192.0.2.1", time.Hour, 60},        // never more than a minute's
		} {
			time.Sleep(step.after)
			asked, retry := use(step.client)
			if asked != step.asked {
				t.Errorf("%s after %v: %d requests, want %d", step.client, step.after, asked, step.asked)
			}
			if asked < 1000 && retry != 2*time.Second && retry != time.Second {
				t.Errorf("%s after %v: retry in %v", step.client, step.after, retry)
			}
		}
	})
}

// What is said must hold: one second earlier it is still refused.
func TestClientLimitsRetryHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit, client := newClientLimits(2, time.Minute), netip.MustParseAddr("192.0.2.1")
		ask := func() time.Duration { return limit.wait(client, time.Now()) }
		ask()
		ask()
		retry := ask()
		if retry < 30*time.Second || retry > 31*time.Second {
			t.Fatalf("retry in %v", retry)
		}
		time.Sleep(retry - 2*time.Second)
		if ask() == 0 {
			t.Error("too early, and allowed")
		}
		time.Sleep(2 * time.Second)
		if ask() > 0 {
			t.Error("refused when its time had come")
		}
	})
}

func TestClientLimitsMemoryIsBounded(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	limit := newClientLimits(1, time.Minute)
	for i := range uint32(1_000_000) {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], i+1)
		if limit.wait(netip.AddrFrom4(b), now) > 0 && !netip.AddrFrom4(b).IsLoopback() {
			t.Fatalf("%v came for the first time and was refused", netip.AddrFrom4(b))
		}
		if n := len(limit.recent) + len(limit.old); n > 2*maxClients {
			t.Fatalf("%d clients are remembered", n)
		}
	}
}

// A proxy that was forgotten in the settings, as the bridge of a container is, does
// not make one client of all its visitors; whoever comes without one is limited.
func TestForgottenProxy(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	var said bytes.Buffer
	h := house.server("en", func(c *Config, p *Parts) { c.FeedRequests, p.Log = 3, slog.New(slog.NewTextHandler(&said, nil)) })
	for _, c := range []struct {
		peer, forwarded string
		refused         bool
	}{
		{"172.17.0.1:5000", "198.51.100.7", false},
		{"172.17.0.1:5000", "", true},
		{"198.51.100.8:5000", "198.51.100.9", true}, // on the internet anybody may say so
	} {
		refused := false
		for range 10 {
			r := httptest.NewRequest(http.MethodGet, "/feed.xml", nil)
			r.RemoteAddr = c.peer
			if c.forwarded != "" {
				r.Header.Set("X-Forwarded-For", c.forwarded)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			refused = refused || w.Code == http.StatusTooManyRequests
		}
		if refused != c.refused {
			t.Errorf("%s for %q: refused %v, want %v", c.peer, c.forwarded, refused, c.refused)
		}
	}
	if strings.Count(said.String(), "trusted_proxies") != 1 {
		t.Errorf("the log has:\n%s", &said)
	}
}
