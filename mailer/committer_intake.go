package mailer

import (
	"sync"
	"time"
)

// intake is where couriers leave what they have for the ledger, until the committer
// takes all of it. A transaction costs as much as ten of its entries, so the committer
// waits a little for company: for as many as came the last times. It learns that more come
// where more have come than it wanted, and that fewer do from a wait in vain.
type intake struct {
	most  int           // so many are worth waiting for
	stir  chan struct{} // with room for one: the first has come, or as many as are wanted
	timer *time.Timer
	limit time.Duration // of the wait

	mu      sync.Mutex
	waiting []request
	want    int // so many are waited for
	closed  bool
}

// The wait for company is half of the time that a transaction takes. Where one takes long
// it is shorter: as many have come by then as will.
const (
	gatherPart = 2
	maxGather  = time.Millisecond
)

// newIntake makes the intake of so many couriers. The committer waits for half of them at
// the most: while they go to disk, the other half sends.
func newIntake(couriers int) *intake {
	i := &intake{most: max(couriers/2, 1), want: 1, stir: make(chan struct{}, 1), timer: time.NewTimer(maxGather)}
	i.timer.Stop()
	return i
}

// put leaves a request. It does not wait.
func (i *intake) put(q request) {
	i.mu.Lock()
	i.waiting = append(i.waiting, q)
	n, want := len(i.waiting), i.want
	i.mu.Unlock()
	if n == 1 || n == want {
		i.rouse()
	}
}

// close says that nothing more comes.
func (i *intake) close() {
	i.mu.Lock()
	i.closed = true
	i.mu.Unlock()
	i.rouse()
}

func (i *intake) rouse() {
	select {
	case i.stir <- struct{}{}:
	default:
	}
}

// gather fills a group with all that has come, for which it may use the memory of the one
// before, and reports false when nothing more comes. Only one goroutine may gather.
func (i *intake) gather(g *group) bool {
	for i.state() == noneYet {
		<-i.stir
	}
	if i.state() == tooFew {
		i.timer.Reset(i.limit)
		defer i.timer.Stop()
	}
	for late := false; !late && i.state() == tooFew; {
		select {
		case <-i.stir:
		case <-i.timer.C:
			late = true
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	g.requests, i.waiting = i.waiting, g.requests[:0]
	switch n := len(g.requests); {
	case n > i.want:
		i.want = min(i.want+1, i.most)
	case n < i.want:
		i.want = max(n, 1)
	}
	return len(g.requests) > 0
}

// fullness is how what has come stands to what is wanted.
type fullness int

const (
	noneYet fullness = iota
	tooFew
	enough
)

func (i *intake) state() fullness {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch n := len(i.waiting); {
	case i.closed || n >= i.want:
		return enough
	case n > 0:
		return tooFew
	}
	return noneYet
}

// took tells the intake how long a transaction takes.
func (i *intake) took(d time.Duration) { i.limit = min(d/gatherPart, maxGather) }
