package store

import (
	"sync"
	"time"
)

// leases remembers for how long the leases of others have stood still. A lease is
// a sign of life, not an hour to compare with the clock: clocks are set, by an hour
// or a year, while the process that gave it lives and sends; and another machine's
// was never the same.
type leases struct {
	mu    sync.Mutex
	seen  map[int64]sign
	watch func() time.Time // nil: time.Now, whose differences no setting of the clock changes
}

// sign is a lease as it was first seen.
type sign struct {
	lease int64
	since time.Time
}

// still tells for how long a worker's lease has not changed, as far as this
// process has seen.
func (l *leases) still(worker, lease int64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now
	if l.watch != nil {
		now = l.watch
	}
	if first, ok := l.seen[worker]; ok && first.lease == lease {
		return now().Sub(first.since)
	}
	if l.seen == nil {
		l.seen = make(map[int64]sign)
	}
	l.seen[worker] = sign{lease, now()}
	return 0
}

// forget drops a worker that was struck off.
func (l *leases) forget(worker int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.seen, worker)
}
