package mailer

import (
	"context"
	"errors"
	"time"
)

// DomainRest is a domain that said that it gets too much.
type DomainRest struct {
	Domain  string    // in lower case
	Until   time.Time // nothing goes there before, see [MaxPause]
	Strikes int       // answers not forgiven yet
}

// Rests is where the workers of a ledger tell each other of such domains.
type Rests interface {
	// DomainRests lists those that rest, or did within the last [MaxPause].
	DomainRests(ctx context.Context, now time.Time) ([]DomainRest, error)
	// NoteRests notes some. Those without Strikes have been forgiven: they are
	// forgotten, unless another worker has had them rest since.
	NoteRests(ctx context.Context, now time.Time, rests []DomainRest) error
}

// tell notes that other workers should hear of a domain. It happens seldom: when a
// domain gets too much, and when it is forgiven altogether.
func (l *lanes) tell(name string) {
	if l.news == nil {
		return
	}
	l.news[name] = true
	select {
	case l.told <- struct{}{}:
	default:
	}
}

// tidings gives what others should hear, once.
func (l *lanes) tidings() []DomainRest {
	l.mu.Lock()
	defer l.mu.Unlock()
	var rests []DomainRest
	for name := range l.news {
		rest := DomainRest{Domain: name}
		if d := l.byName[name]; d != nil {
			rest.Until, rest.Strikes = d.pause, d.strikes
		}
		rests = append(rests, rest)
	}
	clear(l.news)
	return rests
}

// retell takes back tidings that could not be told, for the next time.
func (l *lanes) retell(rests []DomainRest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, rest := range rests {
		l.news[rest.Domain] = true
	}
}

// learn has the domains rest that others have met. What was noted by a clock that ran
// ahead counts for nothing, and so does what is known already.
func (l *lanes) learn(rests []DomainRest, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	oldest, latest := now.Add(-MaxPause), now.Add(MaxPause)
	for _, rest := range rests {
		d := l.byName[rest.Domain]
		known := d != nil && !d.pause.Before(rest.Until) && !d.pause.After(latest)
		if known || l.news[rest.Domain] || rest.Until.Before(oldest) || rest.Until.After(latest) {
			continue
		}
		d = l.lane(rest.Domain)
		d.pause, d.strikes = rest.Until, max(d.strikes, rest.Strikes)
	}
}

// shareRests tells the other workers what this one learned of domains, and learns from
// them. Where that cannot be, each does with what it knows.
func (r *run) shareRests(ctx context.Context) {
	if r.Rests == nil {
		return
	}
	now := r.now()
	if !r.tellRests(ctx, now) {
		return
	}
	rests, err := r.Rests.DomainRests(ctx, now)
	if err != nil {
		r.unshared(ctx, "learn from", err)
		return
	}
	r.lanes.learn(rests, now)
}

// tellRests tells what is new. It reports false where it could not.
func (r *run) tellRests(ctx context.Context, now time.Time) bool {
	news := r.lanes.tidings()
	if len(news) == 0 {
		return true
	}
	err := r.Rests.NoteRests(ctx, now, news)
	if err != nil {
		r.lanes.retell(news)
		r.unshared(ctx, "tell", err)
	}
	return err == nil
}

// unshared logs an error, unless the run ended meanwhile.
func (r *run) unshared(ctx context.Context, what string, err error) {
	if !errors.Is(context.Cause(ctx), context.Canceled) {
		r.log.Warn("cannot "+what+" other processes about domains that rest", "error", err)
	}
}

// shareSoon is shareRests as soon as there is news, which no ledger that hangs may keep
// the lease waiting for.
func (r *run) shareSoon(ctx context.Context) {
	bounded, cancel := context.WithTimeout(ctx, renewEvery/2)
	defer cancel()
	r.shareRests(bounded)
}

// lastWords tells what is new when the run has ended: the next begins with it. An end
// does not wait long for it.
func (r *run) lastWords(ctx context.Context) {
	if r.Rests == nil {
		return
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	r.tellRests(bounded, r.now())
}
