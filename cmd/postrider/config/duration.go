package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a time span that may also be written in days: 7d.
type Duration time.Duration

// MarshalText writes the span as config.yaml does, so that it can be read back: in
// days from two on, and without units of which there are none.
func (d Duration) MarshalText() ([]byte, error) {
	const day = 24 * time.Hour
	span := time.Duration(d)
	if span >= 2*day && span%day == 0 {
		return fmt.Appendf(nil, "%dd", span/day), nil
	}
	text := span.String()
	for _, none := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, none) {
			text = text[:len(text)-2]
		}
	}
	return []byte(text), nil
}

// UnmarshalText reads 30m, 12h, 7d and sums of them without days, 1h30m.
func (d *Duration) UnmarshalText(text []byte) error {
	span, err := parseDuration(string(text))
	*d = Duration(span)
	return err
}

func parseDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err == nil {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is no time span; write 30m, 12h or 7d", s)
	}
	return d, nil
}
