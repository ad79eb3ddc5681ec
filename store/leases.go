package store

import (
	"maps"
	"slices"
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
	last  time.Time // when it was looked at last
}

// still tells for how long a worker's lease has not changed, as far as this
// process has seen. Who has not looked for two thirds of the time that leases last
// stood still itself, as all do while their machine or the database does, and knows
// nothing of that time.
func (l *leases) still(worker, lease int64, lasts time.Duration) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now
	if l.watch != nil {
		now = l.watch
	}
	if l.seen == nil {
		l.seen = make(map[int64]sign)
	}
	at := now()
	first, ok := l.seen[worker]
	if !ok || first.lease != lease || at.Sub(first.last) > lasts*2/3 {
		first = sign{lease: lease, since: at}
	}
	first.last = at
	l.seen[worker] = first
	return at.Sub(first.since)
}

// keep forgets all workers but these: the others have gone by themselves.
func (l *leases) keep(workers []int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.seen, func(worker int64, _ sign) bool { return !slices.Contains(workers, worker) })
}

// forget drops a worker that was struck off.
func (l *leases) forget(worker int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.seen, worker)
}
