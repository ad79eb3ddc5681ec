package scheduler_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"
)

// The clock of the machine is set wrong by an hour or a year, and right again:
// readers get each post once, and the digest goes on at its hours.
func TestTheClockJumps(t *testing.T) {
	const hour, day = time.Hour, 24 * time.Hour
	const year = 365 * day
	onto := 361 * day // a Monday, and an issue is cut that nobody meant yet
	for _, jump := range []time.Duration{hour, year, onto, -hour, -year} {
		t.Run(fmt.Sprint(jump), func(t *testing.T) {
			inBubble(t, func(h *ticking) {
				var off atomic.Int64 // nanoseconds that the clock is ahead
				h.cutter.Now = func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
				h.join("ada")
				h.publish()
				h.looks(day/4, day/2)
				h.start()
				h.pass(7 * day)
				h.gets("ada", "p1")

				// Wrong for ten minutes, at a quarter past nine of a Thursday.
				h.pass(3 * day)
				h.stop()
				h.looks(5*time.Minute, 20*time.Minute)
				h.start()
				h.pass(15 * time.Minute)
				h.publish()
				off.Store(int64(jump))
				h.pass(10 * time.Minute)
				off.Store(0)
				h.pass(day)
				h.stop()
				h.looks(day/4, day/2)
				h.start()
				h.pass(4 * day)
				h.gets("ada", "p1", "p2")

				h.publish()
				h.pass(7 * day)
				h.gets("ada", "p1", "p2", "p3")
				h.stop()
			})
		})
	}
}

// looks says how often the clock looks, and ticks at the least: seldom where a test
// needs no more, for a week of seconds is many.
func (h *ticking) looks(look, every time.Duration) { h.clock.Look, h.clock.Every = look, every }
