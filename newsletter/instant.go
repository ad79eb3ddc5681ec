package newsletter

import (
	"fmt"
	"time"
)

// Settled gives the instant at or before which a post must have been published
// to be in a cut at now: an instant digest leaves a post its [Digest.Delay] for
// second thoughts, the others take what is there.
func (d Digest) Settled(now time.Time) time.Time {
	if d.Cadence == Instant {
		return now.Add(-d.Delay)
	}
	return now
}

// Waiting is what lies before the readers of an instant digest.
type Waiting struct {
	Settled int64     // every publication up to this number has had its [Digest.Delay]
	Next    time.Time // when the first of those above Settled was published; zero: there is none
	Readers bool      // somebody who could be mailed now was not served up to Settled
	Handled int       // windows that took the publications up to Settled before
}

// Instant gives the window that an instant digest has to cut now, if it has one.
// Its key is made of what the database says alone, so that processes that see
// the same give it the same name, and only one of them cuts it. Mostly there is
// one window for each publication; another follows when a reader came over from
// another cadence with posts still before them.
func (w Waiting) Instant(now time.Time) (Window, bool) {
	if !w.Readers {
		return Window{}, false
	}
	key := InstantKey(w.Settled)
	if w.Handled > 0 {
		key = fmt.Sprintf("%s-%d", key, w.Handled+1)
	}
	return Window{Key: key, At: now, Through: w.Settled}, true
}

// InstantKey is the key of the first window of an instant digest that takes the
// posts up to this publication number. Those of later ones begin with it and "-".
func InstantKey(newest int64) string { return fmt.Sprintf("to-%d", newest) }

// Through is the snapshot as it would be had nothing been published after number n.
func (s Snapshot) Through(n int64) Snapshot {
	var older []Publication
	for _, p := range s.Publications {
		if p.Number <= n {
			older = append(older, p)
		}
	}
	s.Newest, s.Publications = min(s.Newest, n), older
	return s
}
