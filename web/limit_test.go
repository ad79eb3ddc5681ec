package web

import (
	"encoding/binary"
	"errors"
	"net/http"
	"net/netip"
	"testing"
	"time"
)

func TestClientLimits(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	limits := newClientLimits(2, time.Hour)
	take := func(client string) error { return limits.take(netip.MustParseAddr(client), now) }
	for _, client := range []string{"192.0.2.1", "192.0.2.2", "2001:db8::1"} {
		if err := errors.Join(take(client), take(client)); err != nil {
			t.Errorf("%s: %v", client, err)
		}
	}
	for _, client := range []string{"192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::ffff"} {
		var status *statusError
		if err := take(client); !errors.As(err, &status) || status.status != http.StatusTooManyRequests || status.retry < 29*time.Minute || status.retry > 31*time.Minute {
			t.Errorf("%s: %+v", client, err)
		}
	}
	if err := take("2001:db8:0:1::1"); err != nil {
		t.Errorf("another network: %v", err)
	}
	for range 100 { // a proxy that is not in the settings
		if err := errors.Join(take("127.0.0.1"), take("::1")); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(30*time.Minute + time.Second)
	if err := take("192.0.2.1"); err != nil {
		t.Errorf("half an hour later: %v", err)
	}
	if err := take("192.0.2.1"); err == nil {
		t.Error("half an hour gives back more than one of two")
	}
	for i := range 3 { // clients of whom nothing is known are one client
		if err := limits.take(netip.Addr{}, now); (err == nil) != (i < 2) {
			t.Errorf("the %d. unknown client: %v", i+1, err)
		}
	}
}

func TestClientLimitsAreBounded(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	limits := newClientLimits(1, time.Hour)
	for i := range uint32(10 * maxClients) {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], i+1)
		_ = limits.take(netip.AddrFrom4(b), now)
		if n := len(limits.recent) + len(limits.old); n > 2*maxClients {
			t.Fatalf("%d clients are remembered", n)
		}
	}
}
