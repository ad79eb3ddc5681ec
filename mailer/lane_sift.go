package mailer

import "time"

// How many jobs wait in lanes: for each message that a lane lets go at once so many that
// it does not run dry until the next claim, and for each connection at most so many.
const (
	parkedPerPlace = 16
	maxParked      = maxBatch
)

// sift parts the deliveries that a worker has just claimed for so many connections:
// those that may go out or wait, and those whose lane has enough. Kept in memory, the
// mail to one large domain would fill it; claimed no more, it would hide what is
// queued behind it. So what is surplus goes back to the end of the queue. A notice is
// kept while there is room at all: somebody waits for it.
func (l *lanes) sift(claims []Delivery, worker int64, connections int) (kept, surplus []job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept = make([]job, 0, len(claims))
	load := make(map[string]int) // of lanes that do not take all, by name
	parked, usual := l.parked, l.width(&lane{})
	for _, delivery := range claims {
		j := job{delivery, worker}
		name := domain(j)
		width := usual
		if d := l.byName[name]; d != nil {
			width = l.width(d)
		}
		if width >= connections {
			kept = append(kept, j)
			continue
		}
		d := l.lane(name)
		n, known := load[name]
		if !known {
			n = d.busy + len(d.waiting)
		}
		full := j.Key.Issue != 0 && n >= width*(1+parkedPerPlace)
		if n >= width && (full || parked >= maxParked*connections) {
			surplus = append(surplus, j)
			d.more, d.passed = true, true
			continue
		}
		if n >= width {
			parked++
		}
		load[name] = n + 1
		d.low = false
		kept = append(kept, j)
	}
	return kept, surplus
}

// empties notes that a lane runs out of what there is more of in the queue.
func (l *lanes) empties(d *lane) {
	if d.more && !d.low && len(d.waiting) <= l.width(d)*parkedPerPlace/2 {
		d.low = true
		l.asks.Store(true)
	}
}

// ask tells, once, that a lane has begun to run out.
func (l *lanes) ask() bool { return l.asks.Load() && l.asks.Swap(false) }

// runOut tells whether lanes run out.
func (l *lanes) runOut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range l.byName {
		if d.low {
			return true
		}
	}
	return false
}

// search is for when a search of the queue begins, with what just went by.
func (l *lanes) search(surplus []job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range l.byName {
		d.passed = false
	}
	for _, j := range surplus {
		l.lane(domain(j)).passed = true
	}
}

// expectNoMore is for when the queue was searched from end to end. Nothing is there for
// the lanes that run out, but for those that were full when something went by.
func (l *lanes) expectNoMore(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, d := range l.byName {
		if d.low && !d.passed {
			d.more, d.low = false, false
		}
		if d.idle(now) {
			delete(l.byName, name)
		}
	}
}
