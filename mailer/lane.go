package mailer

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// DomainLimits is how much of the mail to one domain goes out at once. Zeros are
// no limits.
type DomainLimits struct {
	Connections int // messages to it that are on their way at the same time
	Rate        Rate
}

// How long a domain is left alone after it said that it gets too much: twice as
// long each time in a row, up to the maximum.
const (
	minPause = time.Minute
	MaxPause = time.Hour
)

// lanes keep mail to each domain within its limits, and learn from what servers
// say, see [throttles]: its domain wants less for now, and is left alone for a while;
// after that one message at a time goes out, and each that is taken forgives one such
// answer. The workers of a ledger tell each other, see [Rests]. In the same way they learn
// what the relay itself has enough of, see [strains]: all mail goes through its lane, too.
type lanes struct {
	limits DomainLimits
	relay  lane
	deaf   int // answers in a row by which the relay took no MAIL
	mu     sync.Mutex
	share  share // of the run
	byName map[string]*lane
	parked int             // jobs that wait in a lane
	asks   atomic.Bool     // a lane has begun to run out of what there is more of
	news   map[string]bool // domains that others should hear of; nil: there are no others
	told   chan struct{}   // of news
}

type lane struct {
	busy    int
	waiting []job
	more    bool // of its mail is in the queue than it had room for
	low     bool // and it runs out of what it has
	passed  bool // some went by since the search of the queue began
	window  window
	turn    time.Time // when the last one that the rate postponed may come again
	pause   time.Time // until when it is left alone
	strikes int       // answers not forgiven yet
}

// admission is what a lane says to a job.
type admission int

const (
	admitted  admission = iota
	parked              // the lane keeps it until another leaves
	postponed           // its domain rests, for longer than it should be held
	paced               // the rate of its domain postpones it
)

// enter asks for a place in the lane of an address. A job that is admitted must
// leave; until is when one that is postponed may come again.
func (l *lanes) enter(j job, now time.Time) (_ admission, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if verdict, until := l.stops(&l.relay, j, now); verdict != admitted {
		return verdict, until
	}
	d := l.lane(domain(j))
	if verdict, until := l.stops(d, j, now); verdict != admitted {
		return verdict, until
	}
	if at := d.window.earliest(now, l.allowance()); at.After(now) {
		return paced, d.spread(at, now, l.allowance())
	}
	d.window.grant()
	d.busy++
	l.relay.busy++
	return admitted, time.Time{}
}

// stops keeps a job from a lane that rests, or parks it in one that is full.
func (l *lanes) stops(d *lane, j job, now time.Time) (_ admission, until time.Time) {
	switch {
	case d.rests(now):
		return postponed, onClock(d.pause, now)
	case d.busy >= l.width(d):
		d.waiting = append(d.waiting, j)
		l.parked++
		return parked, time.Time{}
	}
	return admitted, time.Time{}
}

// leave gives a place back, with what became of its message, and returns the jobs
// that may try again now.
func (l *lanes) leave(j job, serr *SendError, now time.Time) []job {
	l.mu.Lock()
	defer l.mu.Unlock()
	name := domain(j)
	d := l.lane(name)
	d.window.end(now)
	if d.heed(throttles(serr), serr == nil, now) {
		l.tell(name)
	}
	l.heedRelay(serr, now)
	return l.vacate(name, d, now)
}

// heedRelay has the relay rest when it takes no MAIL: once that is said twice in a row, or
// to one that tries whether it takes some again. A single message may be refused by mistake.
func (l *lanes) heedRelay(serr *SendError, now time.Time) {
	switch {
	case strains(serr):
		l.deaf++
		l.relay.heed(l.deaf > 1 || l.relay.strikes > 0, false, now)
	case heard(serr):
		l.deaf = 0
		l.relay.heed(false, true, now)
	}
}

// relayRests tells whether the relay is left alone.
func (l *lanes) relayRests(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.relay.rests(now)
}

// heed learns from an answer. It tells whether that was news: that the lane is left alone
// from now on, or that all is forgiven.
func (d *lane) heed(enough, sent bool, now time.Time) (news bool) {
	switch {
	case d.rests(now): // others said it at the same time; what was on its way before says nothing
	case enough:
		d.strikes++
		d.pause = now.Add(min(minPause<<min(d.strikes-1, 10), MaxPause))
		return true
	case sent && d.strikes > 0:
		d.strikes--
		return d.strikes == 0
	}
	return false
}

// withdraw gives back the place of a job that entered and did not begin, and with it
// what the rate granted. It returns the jobs that may try again now.
func (l *lanes) withdraw(j job, now time.Time) []job {
	l.mu.Lock()
	defer l.mu.Unlock()
	name := domain(j)
	d := l.lane(name)
	d.window.revoke()
	return l.vacate(name, d, now)
}

func (l *lanes) vacate(name string, d *lane, now time.Time) []job {
	d.busy--
	l.relay.busy--
	again := append(l.release(&l.relay, now), l.release(d, now)...)
	l.empties(d)
	if d.idle(now) {
		delete(l.byName, name)
	}
	return again
}

// release gives the jobs that need not be parked any longer: as many as find a
// place now; all of them where none will, so that they are postponed.
func (l *lanes) release(d *lane, now time.Time) []job {
	free := len(d.waiting)
	if !d.rests(now) && !d.window.earliest(now, l.allowance()).After(now) {
		free = min(free, max(l.width(d)-d.busy, 0))
	}
	again := append([]job(nil), d.waiting[:free]...)
	d.waiting = d.waiting[free:]
	l.parked -= free
	return again
}

// stranded gives the jobs parked in a lane in which nothing moves, so that nobody
// would release them: one that was to go on came no further than the next lane.
func (l *lanes) stranded(j job, now time.Time) (again []job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.relay.busy == 0 {
		again = l.release(&l.relay, now)
	}
	if d := l.byName[domain(j)]; d != nil && d.busy == 0 {
		again = append(again, l.release(d, now)...)
	}
	return again
}

// mayClaim tells whether the relay takes mail now, and has not enough of it waiting; few,
// that it is to be tried with little.
func (l *lanes) mayClaim(now time.Time, enough int) (may, few bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.relay.rests(now) && len(l.relay.waiting) < enough, l.relay.strikes > 0
}

// forget drops the parked jobs and tells how many there were.
func (l *lanes) forget() (n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range l.byName {
		n += int64(len(d.waiting))
		d.waiting = nil
	}
	n += int64(len(l.relay.waiting))
	l.relay.waiting = nil
	l.parked = 0
	return n
}

func (l *lanes) shareAmong(s share) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.share = s
}

func (l *lanes) lane(name string) *lane {
	d := l.byName[name]
	if d == nil {
		d = &lane{window: window{rate: l.limits.Rate}}
		l.byName[name] = d
	}
	return d
}

// width is how many messages may be on their way in a lane.
func (l *lanes) width(d *lane) int {
	switch {
	case d.strikes > 0:
		return 1
	case l.limits.Connections > 0 && d != &l.relay:
		return max(l.limits.Connections/max(l.share.workers, 1), 1)
	}
	return int(^uint(0) >> 1)
}

// rests tells that a lane is left alone. A pause that is longer than any was set while
// the clock ran ahead.
func (d *lane) rests(now time.Time) bool {
	return now.Before(d.pause) && !d.pause.After(now.Add(MaxPause))
}

// idle tells that a lane holds nothing worth remembering.
func (d *lane) idle(now time.Time) bool {
	d.window.forget(now)
	return d.busy == 0 && d.strikes == 0 && len(d.waiting) == 0 && !d.more && len(d.window.ended) == 0
}

func domain(j job) string {
	to := string(j.To)
	return strings.ToLower(to[strings.LastIndexByte(to, '@')+1:])
}
