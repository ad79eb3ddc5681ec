package mailer

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// outage is how long the transport, over all couriers, or the ledger has been out
// of reach, for each thing that is asked of it.
type outage struct {
	mu     sync.Mutex
	spells map[string]spell
	told   bool   // of a spell that lasts
	words  string // that were told last,
	logged time.Time
}

type spell struct {
	since time.Time
	err   error // the last
}

// over notes that what was asked for works again. It tells whether any of it did not, and
// whether the log heard of that.
func (o *outage) over(whats ...string) (failed, told bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	told = o.told
	for _, what := range whats {
		_, did := o.spells[what]
		failed = failed || did
		delete(o.spells, what)
	}
	o.told = o.told && len(o.spells) > 0
	return failed, failed && told
}

// lasting is for how long what was asked for has not worked; 0 if it does.
func (o *outage) lasting(now time.Time, what string) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	s, failed := o.spells[what]
	if !failed {
		return 0
	}
	return now.Sub(s.since)
}

// longest is what fails for longest; the zero spell if everything works.
func (o *outage) longest() spell {
	o.mu.Lock()
	defer o.mu.Unlock()
	var longest spell
	for _, s := range o.spells {
		if longest.err == nil || s.since.Before(longest.since) {
			longest = s
		}
	}
	return longest
}

// failed notes an error. It tells for how long what was asked for has given nothing
// else, and whether the log should hear of it, where it is for the caller to tell: of a
// first error and of a new one at once; of the same again, also if it was well meanwhile, or
// of another thing that fails beside it, once a minute.
func (o *outage) failed(now time.Time, what string, err error, teller bool) (lasting time.Duration, tell bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s, again := o.spells[what]
	if !again {
		s.since = now
	}
	first, another := !o.told && err.Error() != o.words, again && s.err.Error() != err.Error()
	tell = teller && (first || another || now.Sub(o.logged) >= time.Minute)
	if tell {
		o.told, o.words, o.logged = true, err.Error(), now
	}
	if o.spells == nil {
		o.spells = make(map[string]spell)
	}
	s.err = err
	o.spells[what] = s
	return now.Sub(s.since), tell
}

// errUnwritable is what Run returns when the ledger took nothing for all of Patience.
var errUnwritable = errors.New("the ledger cannot be written; nothing is lost, and the next run goes on from here")

// What is asked of the ledger.
const (
	toRecord = "record"
	toClaim  = "claim"
	toRenew  = "renew"
	toCount  = "count"
	toReturn = "return" // claims
)

// ledgerFailed notes that the ledger did not do what was asked of it. It tells whether that
// ends the run.
func (r *run) ledgerFailed(what string, err error) bool {
	lasting, tell := r.unwritten.failed(r.now(), what, err, true)
	if r.giveUp(lasting, fmt.Errorf("%w: %w", errUnwritable, err)) {
		return true
	}
	if tell {
		r.log.Error("the ledger cannot be written; nothing more is sent until it can", "error", err)
	}
	return false
}

// giveUp ends the run with an error that has lasted for longer than its patience.
func (r *run) giveUp(lasting time.Duration, err error) bool {
	impatient := r.Patience > 0 && lasting >= r.Patience
	if impatient {
		r.stop(err)
	}
	return impatient
}
