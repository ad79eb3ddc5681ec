package newsletter

import (
	"fmt"
	"time"
)

// Answer is what the link of a confirmation does for one who was asked, of whom
// somebody wanted c: it becomes theirs when they say so. One who has confirmed
// already stays as they are. A refusal is a [*StateError].
func (s Subscriber) Answer(c Choices, now time.Time) (Subscriber, error) {
	if s.State == Active {
		return s, nil
	}
	confirmed, err := s.Choose(c).Confirm(OptIn, now)
	if err != nil {
		return s, err
	}
	return confirmed, nil
}

// Choices are what readers decide about their mail themselves.
type Choices struct {
	Name    string // as [ParseName] gives it
	Cadence Cadence
	Topics  []string // as [ParseTopics] gives them
}

// Choose is s with other choices. The cursor stays where it is, so that moving
// between cadences misses no post and repeats none.
func (s Subscriber) Choose(c Choices) Subscriber {
	s.Name, s.Cadence, s.Topics = c.Name, c.Cadence, c.Topics
	return s
}

// LongestPause is for how many months mail may be paused. Who wants none for
// longer leaves, and is then asked again before any comes.
const LongestPause = 12

// Pause keeps mail from an active subscriber for some months. A refusal is a
// [*StateError] for one who gets none anyway.
func (s Subscriber) Pause(months int, now time.Time) (Subscriber, error) {
	if s.State != Active {
		return s, &StateError{s.State, s.State, "there is no mail that could be paused"}
	}
	if months < 1 || months > LongestPause {
		return s, fmt.Errorf("a pause of %d months: want 1 to %d", months, LongestPause)
	}
	s.PausedUntil = MonthsAfter(now, months)
	return s, nil
}

// Resume ends a pause.
func (s Subscriber) Resume() Subscriber {
	s.PausedUntil = time.Time{}
	return s
}

// MonthsAfter is the same day and time n months after t, for a negative n before
// it. The last days of a long month become the last of a shorter one.
func MonthsAfter(t time.Time, n int) time.Time {
	there := t.AddDate(0, n, 0)
	if there.Day() != t.Day() { // that month has no such day
		there = there.AddDate(0, 0, -there.Day())
	}
	return there
}
