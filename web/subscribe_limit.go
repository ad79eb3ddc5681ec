package web

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// hourly is how much of something may be done in an hour. It may be done all at
// once; what was done comes back evenly.
type hourly struct{ *rate.Limiter }

func newHourly(n int) hourly {
	return hourly{rate.NewLimiter(rate.Every(time.Hour/time.Duration(n)), n)}
}

// take does it once, or says as a 429 when that can be done again.
func (h hourly) take(now time.Time) error {
	r := h.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	r.CancelAt(now)
	return &statusError{status: http.StatusTooManyRequests, word: "too_many", retry: wait.Truncate(time.Second) + time.Second}
}

// maxClients bounds the memory for clients. When it is full, those whose turn was
// longest ago begin anew; the limit for all of them together still holds.
const maxClients = 10000

// clientLimits is how much of something each client may do in an hour. It is safe
// for use by many goroutines.
type clientLimits struct {
	each int

	mu          sync.Mutex
	recent, old map[netip.Prefix]hourly
	since       time.Time // when recent was begun
}

func newClientLimits(each int) *clientLimits {
	return &clientLimits{each: each, recent: map[netip.Prefix]hourly{}}
}

// take does it once for a client. A network of IPv6 is one client: who has one has
// 2^64 addresses. This machine is not limited: visitors seem to come from it where a
// proxy on it is not in the settings, and they would be one client all together.
func (c *clientLimits) take(client netip.Addr, now time.Time) error {
	if client.IsLoopback() {
		return nil
	}
	bits := client.BitLen()
	if client.Is6() {
		bits = 64
	}
	network, _ := client.Prefix(bits) // fails for the zero Addr only: those share the zero Prefix
	return c.of(network, now).take(now)
}

func (c *clientLimits) of(network netip.Prefix, now time.Time) hourly {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.recent) >= maxClients || now.Sub(c.since) >= time.Hour {
		c.recent, c.old, c.since = map[netip.Prefix]hourly{}, c.recent, now
	}
	limit, known := c.recent[network]
	if !known {
		if limit, known = c.old[network]; !known {
			limit = newHourly(c.each)
		}
		c.recent[network] = limit
	}
	return limit
}
