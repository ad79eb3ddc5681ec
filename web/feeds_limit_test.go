package web

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

func TestFeedLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := newFeedLimit(60, time.Now)
		use := func(client string) (asked int, retry time.Duration) {
			for ; ; asked++ {
				ok, wait := limit.allow(netip.MustParseAddr(client))
				if !ok || asked == 1000 {
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

func TestFeedLimitOff(t *testing.T) {
	limit := newFeedLimit(0, time.Now)
	for range 10000 {
		if ok, retry := limit.allow(netip.MustParseAddr("192.0.2.1")); !ok || retry != 0 {
			t.Fatalf("refused for %v", retry)
		}
	}
}

// What is said must hold: one second earlier it is still refused.
func TestFeedLimitRetryHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit, client := newFeedLimit(2, time.Now), netip.MustParseAddr("192.0.2.1")
		limit.allow(client)
		limit.allow(client)
		ok, retry := limit.allow(client)
		if ok || retry < 30*time.Second || retry > 31*time.Second {
			t.Fatalf("%v, retry in %v", ok, retry)
		}
		time.Sleep(retry - 2*time.Second)
		if ok, _ := limit.allow(client); ok {
			t.Error("too early, and allowed")
		}
		time.Sleep(2 * time.Second)
		if ok, _ := limit.allow(client); !ok {
			t.Error("refused when its time had come")
		}
	})
}

func TestFeedLimitMemoryIsBounded(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	limit := newFeedLimit(1, func() time.Time { return now })
	for i := range uint32(1_000_000) {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], i+1)
		if ok, _ := limit.allow(netip.AddrFrom4(b)); !ok && !netip.AddrFrom4(b).IsLoopback() {
			t.Fatalf("%v came for the first time and was refused", netip.AddrFrom4(b))
		}
		if n := len(limit.clients.recent) + len(limit.clients.old); n > 2*maxClients {
			t.Fatalf("%d clients are remembered", n)
		}
	}
}
