package mailer

import (
	"context"
	"time"
)

// question asks whether a run is over. That may mean to count a million deliveries, so
// the dispatcher does not wait for the answer.
type question struct {
	ask     func(context.Context) (bool, error) // nil: it never is
	answers chan answered                       // with room for one
	asked   time.Time
	open    bool
	again   bool // things have changed since it was asked
}

type answered struct {
	done bool
	err  error
}

// begin asks, now or as soon as the last answer is there.
func (q *question) begin(ctx context.Context, now time.Time) {
	q.asked = now
	switch {
	case q.ask == nil:
		return
	case q.open:
		q.again = true
		return
	}
	q.open = true
	go func() {
		done, err := q.ask(ctx)
		q.answers <- answered{done, err}
	}()
}

// over notes that the answer is there, and tells whether to ask again.
func (q *question) over() (again bool) {
	again = q.again
	q.open, q.again = false, false
	return again
}

// wait lets the last one end.
func (q *question) wait() {
	if q.open {
		<-q.answers
	}
}
