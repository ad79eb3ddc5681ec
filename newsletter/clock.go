package newsletter

import (
	"fmt"
	"strings"
	"time"
)

// TimeOfDay is a time on a wall clock.
type TimeOfDay struct{ Hour, Minute int }

// ParseTimeOfDay reads a time of day such as 09:00 or 17:30, in 24 hours.
func ParseTimeOfDay(s string) (TimeOfDay, error) {
	t, err := time.Parse("15:04", strings.TrimSpace(s))
	if err != nil {
		return TimeOfDay{}, fmt.Errorf("%q is not a time of day: want 24 hours such as 09:00", s)
	}
	return TimeOfDay{t.Hour(), t.Minute()}, nil
}

// String gives the time as 09:00.
func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", t.Hour, t.Minute) }

// MarshalText implements [encoding.TextMarshaler].
func (t TimeOfDay) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (t *TimeOfDay) UnmarshalText(text []byte) error {
	v, err := ParseTimeOfDay(string(text))
	if err != nil {
		return err
	}
	*t = v
	return nil
}

// ParseWeekday reads the English name of a day, whole or its first three
// letters, in any case.
func ParseWeekday(s string) (time.Weekday, error) {
	name := strings.ToLower(strings.TrimSpace(s))
	for d := time.Sunday; d <= time.Saturday; d++ {
		full := strings.ToLower(d.String())
		if name == full || name == full[:3] {
			return d, nil
		}
	}
	return 0, fmt.Errorf("%q is not a day: want monday, tuesday, wednesday, thursday, friday, saturday or sunday", s)
}
