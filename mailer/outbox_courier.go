package mailer

import (
	"errors"
	"fmt"
	"time"
)

// idleTimeout is after how long without work a courier hangs up: servers do
// not like idle connections, and some drop them without a word.
const idleTimeout = 30 * time.Second

// The wait before a transport that failed is tried again; it doubles up to
// the maximum.
const (
	minRest = time.Second
	maxRest = time.Minute
)

// courier carries one message after the other over a connection of its own.
type courier struct {
	*run
	conn     Conn // nil: not open
	used     bool // conn has carried a message
	failures int  // of the transport, in a row
	proven   bool // the last connection carried a message
	standsBy bool // see [crew]
	onTrial  bool
	carried  int64 // by all when this one failed last
	ahead    *parcel
	slow     bool // the last message took long, see longSend
	loan     loan
	vigil    vigil
	spare    []byte   // a buffer for the next message
	pending  *outcome // sent, not yet recorded
	entries  []Entry  // that are being recorded, the intent last
	answers  chan answer
}

func newCourier(r *run) *courier {
	c := &courier{run: r, answers: make(chan answer, 1)}
	c.loan.timer = time.AfterFunc(longSend, c.lend)
	c.loan.timer.Stop() // long before it fires
	c.vigil.timer = time.AfterFunc(longSilence, c.watch)
	c.vigil.timer.Stop()
	return c
}

// outcome is what became of a job.
type outcome struct {
	job   job
	entry Entry
	begun bool // the ledger has the intent
}

// work ends with quit, after the last outcome is recorded.
func (c *courier) work() {
	defer c.hangUp()
	defer c.putBack()
	for {
		p, err := c.next()
		if err != nil || p == nil {
			return
		}
		if err := c.deliver(p); err != nil {
			return
		}
	}
}

// deliver brings one message as far as it goes. Its errors are of the ledger
// and end the courier.
func (c *courier) deliver(p *parcel) error {
	defer func() { c.spare = p.message }()
	if ok, err := c.open(p.job); !ok {
		c.handOn(p.job)
		return err
	}
	if !c.within(p.job) {
		c.withdraw()
		c.handOn(p.job)
		return nil
	}
	if p.err != nil {
		return c.unfilled(p.job, p.err)
	}
	verdict, err := c.record(p.job, Entry{Key: p.Key, State: Sending, At: c.now()})
	if err != nil {
		c.yield(p.job)
		return err
	}
	if verdict != Recorded {
		c.yield(p.job)
		c.withdraw()
		c.ended(1)
		return nil
	}
	c.announce()
	reply, serr := c.carry(p)
	c.pending = &outcome{job: p.job, entry: c.outcomeOf(p.Delivery, reply, serr), begun: true}
	c.leave(p.job, serr, c.pending.entry.At)
	c.judge(p.job, serr)
	return nil
}

// unfilled defers a delivery that has no message.
func (c *courier) unfilled(j job, err error) error {
	if c.sending.Err() != nil { // we cut it short ourselves
		c.handOn(j)
		return c.flush()
	}
	c.yield(j)
	if err := c.flush(); err != nil {
		return err
	}
	serr := &SendError{Fate: Retry, Err: fmt.Errorf("make the message: %w", err)}
	c.pending = &outcome{job: j, entry: c.outcomeOf(j.Delivery, "", serr)}
	return nil
}

// spent tells whether the connection should carry no further message.
func (c *courier) spent() bool {
	s, counts := c.conn.(interface{ Spent() bool })
	return counts && s.Spent()
}

// open makes sure of a connection. What is pending is recorded before it dials,
// for that may take its time. Its errors are of the ledger; ok is false also
// where the transport cannot be reached.
func (c *courier) open(j job) (ok bool, err error) {
	if c.conn != nil && !c.spent() {
		return true, nil
	}
	if err := c.flush(); err != nil {
		return false, err
	}
	c.hangUp()
	return c.dial(j), nil
}

// dial opens a connection, for a job of an issue that is paused where the login is
// refused. It reports false where the transport cannot be reached.
func (c *courier) dial(j job) bool {
	defer c.login.enter()()
	if err := c.login.closed(c.now()); err != nil {
		c.unreachable(err, othersNews)
		return false
	}
	conn, err := c.Transport.Open(c.quit)
	c.login.note(err, c.now())
	if err == nil {
		c.conn, c.used = conn, false
		return true
	}
	told := untold
	if loginRefused(err) && c.quit.Err() == nil && c.pause(j, err.Error()) {
		told = toldAlready
	}
	c.unreachable(err, told)
	return false
}

// telling says who tells of an error.
type telling int

const (
	untold      telling = iota // nobody has
	toldAlready                // it was told with what came of it
	othersNews                 // who met it tells
)

// unreachable notes that the transport could not be opened, and says so if nobody else
// does.
func (c *courier) unreachable(err error, told telling) {
	if c.quit.Err() != nil || c.stepBack(err) {
		return
	}
	c.failures++
	lasting, tell := c.outage.failed(c.now(), toOpen, err, told != othersNews)
	if c.giveUp(lasting, fmt.Errorf("%w: %w", errOutOfReach, err)) {
		return
	}
	c.confide(c.ctx)
	if tell && told == untold {
		c.log.Warn("mail cannot be sent now; will try again", "error", err, "wait", max(c.restTime(), c.login.left(c.now())))
	}
}

// recovered tells that mail goes again; the log, if it was told that none did.
func (c *courier) recovered(told bool) {
	c.confide(c.ctx)
	if told {
		c.log.Info("mail can be sent again")
	}
}

// toOpen is what is asked of the transport.
const toOpen = "open"

// errOutOfReach is what Run returns when Patience has ended.
var errOutOfReach = errors.New("mail cannot be sent now; nothing is lost, and the next run goes on from here")

func (c *courier) restTime() time.Duration {
	return min(minRest<<min(c.failures-1, 10), maxRest)
}

// rest waits before the transport is tried again.
func (c *courier) rest() {
	c.aside(func() {
		select {
		case <-c.quit.Done():
		case <-time.After(c.restTime()):
		}
	})
}

// aside waits while the dispatcher need not count on this courier.
func (c *courier) aside(wait func()) {
	c.resting.Add(1)
	c.wake()
	wait()
	c.waking.Lock()
	c.resting.Add(-1)
	c.waking.Unlock()
	c.wake()
}

// send brings the message over the connection, and once more over a fresh one
// if the old turned out to be dead before the server took anything. Where there is none,
// that is not the message's fault.
func (c *courier) send(p *parcel) (string, *SendError) {
	reply, err := c.conn.Send(c.sending, p.env, p.message)
	serr := asSendError(err)
	if stale := serr != nil && serr.Broken && serr.Fate == Retry && c.used && !c.silence(); stale && c.quit.Err() == nil {
		c.hangUp()
		if !c.dial(p.job) {
			serr.away = true
			return reply, serr
		}
		reply, err = c.conn.Send(c.sending, p.env, p.message)
		serr = asSendError(err)
	}
	switch {
	case serr == nil || !serr.Broken:
		c.carriedOne()
	default:
		c.hangUp()
		c.broken(serr)
	}
	c.used = true
	return reply, serr
}

// broken notes that the connection broke under a message.
func (c *courier) broken(serr *SendError) {
	if crowding(serr) { // as if it had not been opened
		c.unreachable(serr, untold)
		return
	}
	c.failures++
	c.carried = c.crew.carried.Load()
	c.unheard(serr)
}

// hangUp ends the connection. What its end has to say concerns no message.
func (c *courier) hangUp() {
	if c.conn == nil {
		return
	}
	if err := c.conn.Close(); err != nil {
		c.log.Debug("connection did not end in order", "error", err)
	}
	c.conn = nil
}
