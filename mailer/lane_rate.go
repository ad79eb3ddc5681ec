package mailer

import "time"

// allowance is how many messages of each domain's rate the run may use.
func (l *lanes) allowance() int { return l.share.of(l.limits.Rate.Messages) }

// holds tells whether what the rate of a job's domain has granted is within the part
// that the run has.
func (l *lanes) holds(j job, now time.Time) bool {
	if l.limits.Rate.Messages <= 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lane(domain(j)).window.holds(now, l.allowance())
}

// recall takes into the windows what all workers have sent lately, by domain.
func (l *lanes) recall(sent map[string][]time.Time, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, d := range l.byName { // those that an earlier call left
		if d.idle(now) {
			delete(l.byName, name)
		}
	}
	for name, at := range sent {
		l.lane(name).window.recall(at, now)
	}
}

// spread gives those that the rate postpones one moment after the other, so that
// they do not all come again for the first.
func (d *lane) spread(first, now time.Time, n int) time.Time {
	if d.turn.Before(first) {
		d.turn = first
		return first
	}
	d.turn = d.turn.Add(d.window.rate.Per / time.Duration(max(n, 1)))
	return onClock(d.turn, now)
}
