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
	looks float64   // how often it was found unmoved since; late looks count half
}

// fewestLooks is how often a lease must be found unmoved. Three looks, with the
// usual third of a lease between them, take no longer than the lease lasts.
const fewestLooks = 3

// dead tells whether a worker's lease has not changed for as long as leases last, as
// far as this process has seen. Who looks late stood still itself, as all do while
// their machine or the database does: it may be the first to move again. So such a look
// is half a one, and one that is very late knows nothing of the time before it.
func (l *leases) dead(worker, lease int64, lasts time.Duration) bool {
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
	gap := at.Sub(first.last)
	if !ok || first.lease != lease || gap > lasts*2/3 {
		first = sign{lease: lease, since: at}
	}
	switch {
	case first.since.Equal(at): // the first look
	case gap <= lasts/2:
		first.looks++
	default:
		first.looks += 0.5
	}
	first.last = at
	l.seen[worker] = first
	return first.looks >= fewestLooks && at.Sub(first.since) >= lasts
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
