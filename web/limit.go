package web

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// allowance is how much of something may be done in a period. It may be done all
// at once; what was done comes back evenly.
type allowance struct{ *rate.Limiter }

func newAllowance(n int, period time.Duration) allowance {
	return allowance{rate.NewLimiter(rate.Every(period/time.Duration(n)), n)}
}

// wait does it once and is 0, or tells in how many whole seconds that can be done
// again.
func (a allowance) wait(now time.Time) time.Duration {
	r := a.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait == 0 {
		return 0
	}
	r.CancelAt(now)
	return wait.Truncate(time.Second) + time.Second
}

// tooMany is nil where nobody has to wait.
func tooMany(wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	return &statusError{status: http.StatusTooManyRequests, word: "too_many", retry: wait}
}

// maxClients bounds the memory for clients. When it is full, those whose turn was
// longest ago begin anew; the limit for all of them together still holds.
const maxClients = 10000

// clientLimits is how much of something each client may do in a period. Who has not
// come for one has its whole allowance back, and is forgotten. It is safe for use
// by many goroutines.
type clientLimits struct {
	each   int
	period time.Duration

	mu          sync.Mutex
	recent, old map[netip.Prefix]allowance
	since       time.Time // when recent was begun
}

func newClientLimits(each int, period time.Duration) *clientLimits {
	return &clientLimits{each: each, period: period, recent: map[netip.Prefix]allowance{}}
}

// take does it once for a client, or says as a 429 when that can be done again.
func (c *clientLimits) take(client netip.Addr, now time.Time) error {
	return tooMany(c.wait(client, now))
}

// wait does it once for a client and is 0, or tells in how many whole seconds that
// can be done again. A network of IPv6 is one client: who has one has 2^64
// addresses. This machine is not limited: visitors seem to come from it where a
// proxy on it is not in the settings, and they would be one client all together.
func (c *clientLimits) wait(client netip.Addr, now time.Time) time.Duration {
	if client.IsLoopback() {
		return 0
	}
	return c.of(clientNetwork(client), now).wait(now)
}

// clientNetwork is what counts as one client: an address of IPv4, a /64 of IPv6. The
// zero Prefix is a client of which nothing is known.
func clientNetwork(client netip.Addr) netip.Prefix {
	bits := client.BitLen()
	if client.Is6() {
		bits = 64
	}
	network, _ := client.Prefix(bits) // fails for the zero Addr only
	return network
}

func (c *clientLimits) of(network netip.Prefix, now time.Time) allowance {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.recent) >= maxClients || now.Sub(c.since) >= c.period {
		c.recent, c.old, c.since = map[netip.Prefix]allowance{}, c.recent, now
	}
	limit, known := c.recent[network]
	if !known {
		if limit, known = c.old[network]; !known {
			limit = newAllowance(c.each, c.period)
		}
		c.recent[network] = limit
	}
	return limit
}
