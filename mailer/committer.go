package mailer

import (
	"fmt"
	"time"
)

// request is what one courier has to record: an outcome, an intent, or both.
type request struct {
	worker  int64
	entries []Entry
	answer  chan<- answer // with room for one
}

type answer struct {
	verdicts []Verdict
	err      error
}

// The wait before a ledger that failed is tried again; it doubles up to the
// maximum.
const (
	minRecordWait = 100 * time.Millisecond
	maxRecordWait = 5 * time.Second
)

// commitAll is the group commit: it records what several couriers wait for in one
// transaction, and while that goes to disk the next group gathers.
// It ends when the intake is closed.
func (r *run) commitAll() {
	var g group
	for r.intake.gather(&g) {
		began := time.Now()
		r.commitGroup(&g)
		r.intake.took(time.Since(began))
	}
}

// group is what goes to disk together. Its memory serves for one after the other.
type group struct {
	requests []request
	entries  []Entry
}

// commitGroup makes one transaction of the requests of each worker number, of
// which there is one but after the run has enlisted anew.
func (r *run) commitGroup(g *group) {
	for rest := g.requests; len(rest) > 0; {
		worker := rest[0].worker
		n := 0
		g.entries = g.entries[:0]
		for i, q := range rest {
			if q.worker == worker {
				g.entries = append(g.entries, q.entries...)
				rest[i], rest[n] = rest[n], rest[i]
				n++
			}
		}
		verdicts, err := r.write(worker, g.entries)
		for _, q := range rest[:n] {
			if err != nil {
				q.answer <- answer{err: err}
				continue
			}
			q.answer <- answer{verdicts: verdicts[:len(q.entries):len(q.entries)]}
			verdicts = verdicts[len(q.entries):]
		}
		rest = rest[n:]
	}
}

// write writes entries to the ledger, trying again while the run goes on, for
// Patience at the most, and for a bounded time after it was told to end, which all
// groups share. Only then does it fail.
func (r *run) write(worker int64, entries []Entry) ([]Verdict, error) {
	quit, closing := r.quit.Done(), (<-chan time.Time)(nil)
	for wait := minRecordWait; ; wait = min(2*wait, maxRecordWait) {
		verdicts, err := r.writeOnce(worker, entries)
		if err == nil {
			r.unwritten.over(toRecord)
			r.report(entries, verdicts)
			return verdicts, nil
		}
		if r.ledgerFailed(toRecord, err) {
			return nil, err
		}
		select {
		case <-time.After(wait):
		case <-quit:
			if r.settleBy.IsZero() {
				r.settleBy = time.Now().Add(settleTimeout)
			}
			quit, closing = nil, time.After(time.Until(r.settleBy))
		case <-closing:
			return nil, err
		}
	}
}

func (r *run) writeOnce(worker int64, entries []Entry) ([]Verdict, error) {
	ctx, cancel := r.settled()
	defer cancel()
	verdicts, err := r.Ledger.Record(ctx, worker, entries)
	if err == nil && len(verdicts) != len(entries) {
		err = fmt.Errorf("ledger answered %d of %d entries", len(verdicts), len(entries))
	}
	return verdicts, err
}

// report tells Progress what is on disk now; what is given back is no news. It runs in
// the committer alone, so that events come one at a time.
func (r *run) report(entries []Entry, verdicts []Verdict) {
	if r.Progress == nil {
		return
	}
	for i, e := range entries {
		if e.State != Queued && (e.State != Sending || verdicts[i] != Recorded) {
			r.Progress(Event{e, verdicts[i]})
		}
	}
}
