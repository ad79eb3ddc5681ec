package mailer

import (
	"context"
	"strings"
	"sync"
	"time"
)

// Trouble is why a worker can bring nothing to its transport, for people who look from
// another process. The zero Trouble is none.
type Trouble struct {
	Since time.Time
	Words string
}

// confidant is what the ledger was told of a run's trouble, and under which number.
type confidant struct {
	mu     sync.Mutex // held while it is told, so that the last word is the latest
	worker int64
	told   Trouble
}

// confide tells the ledger of the trouble that there is, or that it is over, unless it
// knows. A new number begins without any. Where it cannot be told, the next failure
// tries again.
func (r *run) confide(ctx context.Context) {
	if r.Troubled == nil {
		return
	}
	r.confidant.mu.Lock()
	defer r.confidant.mu.Unlock()
	worker, trouble := r.member.number(), r.outage.longest().trouble()
	known := r.confidant.told
	if worker != r.confidant.worker {
		known = Trouble{}
	}
	if trouble == known {
		return
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	if err := r.Troubled(bounded, worker, trouble); err != nil {
		r.log.Debug("cannot tell others why no mail is sent", "error", err)
		return
	}
	r.confidant.worker, r.confidant.told = worker, trouble
}

func (s spell) trouble() Trouble {
	if s.err == nil {
		return Trouble{}
	}
	return Trouble{s.since, clip(strings.ReplaceAll(s.err.Error(), "\n", "; "))}
}
