package mailer

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// longSilence is after how long without an answer to anybody a mail server is said to give
// none. Its messages go on waiting: it has minutes for each (RFC 5321, section 4.5.3.2),
// and one that is cut short may have arrived.
const longSilence = 30 * time.Second

// toHear is what is asked of a server that has been sent a message, or a part of one.
const toHear = "hear"

var errSilent = errors.New("the mail server does not answer")

// vigil watches a courier's message for as long as it is on its way.
type vigil struct {
	timer   *time.Timer
	mu      sync.Mutex
	open    bool
	carried int64 // by all, when it was looked at last
}

func (v *vigil) begin(carried int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.open, v.carried = true, carried
	v.timer.Reset(longSilence)
}

func (v *vigil) end() {
	v.timer.Stop()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.open = false
}

// watch is for when a message has been on its way for long: it tells so if no other got an
// answer meanwhile.
func (c *courier) watch() {
	if carried := c.crew.carried.Load(); c.vigil.unmoved(carried) {
		c.silent(carried)
	}
}

// unmoved tells, for a message that is still on its way, whether nothing was carried since
// it was asked last. It has that asked again.
func (v *vigil) unmoved(carried int64) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.open {
		return false
	}
	before := v.carried
	v.carried = carried
	v.timer.Reset(longSilence)
	return carried == before
}

// silent notes that the server answers nobody, unless an answer has come since so many
// were carried.
func (c *courier) silent(carried int64) {
	c.outage.failed(c.now(), toHear, errSilent, false)
	if c.crew.carried.Load() != carried { // who carried it may have looked before we noted this
		c.outage.over(toHear)
		return
	}
	lasting, tell := c.outage.failed(c.now(), toHear, errSilent, true)
	c.confide(c.ctx)
	if tell {
		c.log.Warn("the mail server does not answer; mail waits for it", "for", (lasting + longSilence).Round(time.Second))
	}
}

// silence tells whether the server answers nobody now.
func (r *run) silence() bool { return r.outage.lasting(r.now(), toHear) > 0 }

// unheard notes that a message had no answer. Once another had none either, and nobody got
// one meanwhile, that is not for the message's sake: the server is out of reach.
func (r *run) unheard(serr *SendError) {
	if lasting := r.outage.lasting(r.now(), toHear); lasting > 0 && r.unanswered.Add(1) > 1 {
		r.giveUp(lasting, fmt.Errorf("%w: %w", errOutOfReach, serr))
	}
}
