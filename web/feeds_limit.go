package web

import (
	"net/netip"
	"time"
)

// feedLimit is how often each client may ask for feeds in a minute. Feed readers
// ask a few times an hour for each feed; it is for programs that ask in a loop.
type feedLimit struct {
	clients *clientLimits // nil: no limit
	now     func() time.Time
}

// newFeedLimit lets each client ask perMinute times in a minute; 0 is no limit.
func newFeedLimit(perMinute int, now func() time.Time) *feedLimit {
	if perMinute <= 0 {
		return &feedLimit{now: now}
	}
	return &feedLimit{clients: newClientLimits(perMinute, time.Minute), now: now}
}

// allow tells whether a client may ask once more. If not, retry is when it may, in
// whole seconds as Retry-After has them (RFC 9110, section 10.2.3). Being refused
// makes nobody wait longer.
func (l *feedLimit) allow(client netip.Addr) (ok bool, retry time.Duration) {
	if l.clients == nil {
		return true, 0
	}
	retry = l.clients.wait(client, l.now())
	return retry == 0, retry
}
