package newsletter

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

// digestName is what a digest may be called: it stands in commands, addresses
// and List-Id headers (RFC 2919).
var digestName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// ValidDigestName tells whether a digest may be called so: by up to 63 lower-case
// letters, digits and hyphens, of which none comes first.
func ValidDigestName(name string) bool { return digestName.MatchString(name) }

// Validate tells what is wrong with the digest's settings, by the names they
// have in the settings file.
func (d Digest) Validate() error {
	if err := d.check(); err != nil {
		return fmt.Errorf("digest %q: %w", d.Name, err)
	}
	return nil
}

func (d Digest) check() error {
	if !ValidDigestName(d.Name) {
		return errors.New("name: want lower-case letters, digits and hyphens, at most 63")
	}
	if _, err := ParseCadence(string(d.Cadence)); err != nil {
		return fmt.Errorf("cadence: %w", err)
	}
	if d.Cadence == Instant {
		if d.Delay < 0 {
			return fmt.Errorf("delay: %s is negative", d.Delay)
		}
		return nil
	}
	return d.checkCalendar()
}

func (d Digest) checkCalendar() error {
	switch {
	case d.Zone == nil:
		return errors.New("timezone: missing; want a name such as Europe/Berlin or UTC")
	case d.At.Hour < 0 || d.At.Hour > 23 || d.At.Minute < 0 || d.At.Minute > 59:
		return fmt.Errorf("at: %s is not a time of day", d.At)
	case d.Cadence == Weekly && (d.Day < time.Sunday || d.Day > time.Saturday):
		return fmt.Errorf("day: %d is not a day of the week", d.Day)
	case d.Cadence == Monthly && (d.MonthDay < 1 || d.MonthDay > 28):
		return fmt.Errorf("day: %d is not a day that every month has: want 1 to 28", d.MonthDay)
	case d.CatchUp < time.Minute:
		return fmt.Errorf("catch_up: %s is too short to cut anything: want at least 1m", d.CatchUp)
	}
	return nil
}

// Digests are all the configured digests.
type Digests []Digest

// Validate checks each digest and that no two share a name or a cadence.
func (ds Digests) Validate() error {
	for i, d := range ds {
		if err := d.Validate(); err != nil {
			return err
		}
		for _, other := range ds[:i] {
			if other.Name == d.Name {
				return fmt.Errorf("digest %q is configured twice; names must differ", d.Name)
			}
			if other.Cadence == d.Cadence {
				return fmt.Errorf("digests %q and %q are both %s; there is one digest for each cadence", other.Name, d.Name, d.Cadence)
			}
		}
	}
	return nil
}

// Named finds the digest with this name.
func (ds Digests) Named(name string) (Digest, bool) {
	for _, d := range ds {
		if d.Name == name {
			return d, true
		}
	}
	return Digest{}, false
}

// For finds the digest of this cadence.
func (ds Digests) For(c Cadence) (Digest, bool) {
	for _, d := range ds {
		if d.Cadence == c {
			return d, true
		}
	}
	return Digest{}, false
}

// Cadences lists the cadences that have a digest, the most frequent first.
func (ds Digests) Cadences() []Cadence {
	var served []Cadence
	for _, c := range Cadences() {
		if _, ok := ds.For(c); ok {
			served = append(served, c)
		}
	}
	return served
}
