package mailer

import (
	"errors"
	"io"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// After a relay refused one connection more, this passes until one more is tried; it
// doubles with each that is refused again, up to the maximum.
const (
	minJoinRest = 30 * time.Second
	maxJoinRest = 16 * time.Minute
)

// crew is how many couriers of a run are at work: as many as the relay takes connections.
// At first all are. One that is refused while others are at work stands by, so that as
// many stay as were taken, which is found out with one refusal each. Later one joins to
// see whether the relay takes more; once it has carried a message the next joins, at once,
// until one is refused.
type crew struct {
	mu      sync.Mutex
	size    int // of all
	atWork  int
	joining bool          // one is on trial
	rest    time.Duration // between a refusal and the next trial
	next    time.Time     // when one may join
	away    bool          // the last was refused, too: nobody joins until it is taken
	changed chan struct{} // closed when another time is next
	carried atomic.Int64  // messages of all
}

func newCrew(size int) *crew {
	return &crew{size: size, atWork: size, rest: minJoinRest, changed: make(chan struct{})}
}

// dismiss lets a courier that was refused stand by, and tells how many are at work then.
// The last one stays.
func (w *crew) dismiss(onTrial bool, now time.Time) (left int, dismissed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if onTrial {
		w.joining = false
		w.rest = min(2*w.rest, maxJoinRest)
	}
	w.next = now.Add(w.rest)
	if w.atWork == 1 {
		w.away = true
		return 1, false
	}
	w.atWork--
	w.change()
	return w.atWork, true
}

// join takes a courier that stands by on trial. Where it may not join now, it tells
// after how long to ask again, or when changed is closed.
func (w *crew) join(now time.Time) (joined bool, after time.Duration, changed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.joining || w.away:
		return false, maxJoinRest, w.changed
	case now.Before(w.next):
		return false, w.next.Sub(now), w.changed
	}
	w.atWork++
	w.joining = true
	return true, 0, nil
}

// taken notes that a courier has carried the first message of a connection.
func (w *crew) taken(onTrial bool, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !onTrial && !w.away {
		return
	}
	if onTrial {
		w.joining = false
		w.rest = minJoinRest
	}
	w.away = false
	w.next = now
	w.change()
}

func (w *crew) change() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// standBy waits until the courier may join; it reports false when the run ends first.
func (c *courier) standBy() bool {
	c.putBack()
	c.aside(func() {
		for c.quit.Err() == nil && c.standsBy {
			joined, after, changed := c.crew.join(time.Now())
			if joined {
				c.standsBy, c.onTrial = false, true
				return
			}
			select {
			case <-c.quit.Done():
			case <-changed:
			case <-time.After(after):
			}
		}
	})
	return !c.standsBy
}

// stepBack has the courier stand by whose connection was refused while others are taken.
// It reports false where the error is not about that, or nobody else is at work. A
// relay may not have noticed yet that the connection before this one has ended: who had
// one tries once more.
func (c *courier) stepBack(err error) bool {
	carried := c.crew.carried.Load()
	others := c.failures > 0 && carried != c.carried // at work, since this one failed before
	c.carried = carried
	crowded := crowding(err) || others && turnedAway(err)
	if crowded && c.proven || !crowded && !c.onTrial {
		c.proven = false
		return false
	}
	onTrial := c.onTrial
	c.onTrial = false
	left, dismissed := c.crew.dismiss(onTrial, time.Now())
	if !dismissed {
		return false
	}
	c.standsBy, c.failures = true, 0
	if onTrial {
		c.log.Debug("the mail server takes no more connections", "connections", left, "error", err)
	} else {
		c.log.Info("the mail server takes fewer connections than mail.smtp.connections", "connections", left, "error", err)
	}
	return true
}

// carriedOne notes that a message went over the connection, whatever was said to it.
func (c *courier) carriedOne() {
	c.crew.carried.Add(1)
	c.failures, c.proven = 0, true
	if failed, told := c.outage.over(toOpen, toHear); failed {
		c.unanswered.Store(0)
		c.recovered(told)
	}
	if !c.used {
		c.crew.taken(c.onTrial, time.Now())
		c.onTrial = false
	}
}

// crowding tells whether a server said that there are too many connections: with 421
// while it greets (RFC 5321, section 3.1), or in words.
func crowding(err error) bool {
	if serr, ok := errors.AsType[*SendError](err); ok {
		return serr.at == atMail && serr.Broken && ofConnections(serr.Reply)
	}
	reply, ok := errors.AsType[*textproto.Error](err)
	return ok && (reply.Code == 421 || ofConnections(reply.Msg))
}

func ofConnections(words string) bool {
	words = strings.ToLower(words)
	return strings.Contains(words, "connections") || strings.Contains(words, "concurrent") || strings.Contains(words, "simultaneous")
}

// turnedAway tells whether a connection failed before the server said a word.
func turnedAway(err error) bool {
	var timeout net.Error
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &timeout) && timeout.Timeout()
}
