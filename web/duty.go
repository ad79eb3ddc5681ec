package web

import (
	"fmt"
	"time"
)

// Duty is work that this process does beside serving pages.
type Duty struct {
	Name  string
	State func() DutyState // asked at any time, by several goroutines
}

// DutyState is how a duty stands.
type DutyState struct {
	Beat time.Time // when it was last seen at work, or waiting in good order; zero: it has just begun
	Done time.Time // when it last went well; zero: not yet
	Err  error     // why it does not go well; nil: it does
}

// stale is how old a beat may be. A database that another process holds can
// silence a duty for half of that.
const stale = 2 * time.Minute

// longFailing is for how long a duty may go wrong before this process is not ready.
const longFailing = 5 * time.Minute

// trouble says in words that the duty has stopped, or not gone well for long; ""
// while neither is so. began is when the process did.
func (d Duty) trouble(now, began time.Time) string {
	if words := d.Stopped(now); words != "" {
		return words
	}
	state := d.State()
	well := state.Done
	if well.IsZero() {
		well = began
	}
	if age := now.Sub(well); state.Err != nil && age > longFailing {
		return fmt.Sprintf("it has not gone well for %s: %v", age.Round(time.Second), state.Err)
	}
	return ""
}

// Stopped says in words that nothing more is heard of the duty; "" while there is.
func (d Duty) Stopped(now time.Time) string {
	beat := d.State().Beat
	if age := now.Sub(beat); !beat.IsZero() && age > stale {
		return fmt.Sprintf("nothing was heard of it for %s", age.Round(time.Second))
	}
	return ""
}
