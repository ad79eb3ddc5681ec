package feed

import (
	"errors"
	"time"
)

// longestRest is how long a hub rests at most. When it is back it is told within that
// time, however long it was away.
const longestRest = time.Hour

// recipient is a hub as this process knows it. One that is away costs a connection
// now and then, however many pings wait for it.
type recipient struct {
	hub      string
	away     error     // why it last did not answer well; nil if it did
	failures int       // since it last did
	until    time.Time // it rests
}

// refusal is an error about one topic, from a hub that works: it takes others.
type refusal struct{ error }

// answered learns from an attempt.
func (r *recipient) answered(err error, now time.Time) {
	var refused refusal
	if err == nil || errors.As(err, &refused) {
		r.away, r.failures, r.until = nil, 0, time.Time{}
		return
	}
	r.until = now.Add(min(pingRest<<min(r.failures, 10), longestRest))
	r.away = err
	r.failures++
}
