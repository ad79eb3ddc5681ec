package post

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// The years a post may be dated in: RFC 3339 ends at 9999, and what comes before
// 1970 is a slip of the pen or another program's zero value.
const (
	firstYear = 1970
	lastYear  = 9999
)

// dateLayouts are the forms of a date once [normalDate] has levelled their
// differences. Go reads fractions of a second wherever seconds stand.
func dateLayouts() []string {
	return []string{
		"2006-1-2",
		"2006-1-2 15:04:05Z07:00",
		"2006-1-2 15:04:05",
		"2006-1-2 15:04",
		"2006-1-2 15:04Z07:00",
		"2006-1-2 15:04:05Z0700",
		"2006-1-2 15:04Z0700",
		"2006-1-2 15:04:05Z07",
		"2006-1-2 15:04Z07",
		"2 Jan 2006",
		"2 Jan 2006 15:04:05Z0700",
	}
}

var (
	dateZone    = regexp.MustCompile(`\s+(Z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d)$`)
	dateT       = regexp.MustCompile(`^(\d+-\d+-\d+)[Tt\s]+`)
	dateWeekday = regexp.MustCompile(`^[A-Z][a-z]{2}, `)
)

// normalDate levels what may differ in front matter: "T" or spaces before the
// time, spaces before the zone, zone names for UTC, the weekday of RFC 5322.
func normalDate(s string) string {
	s = strings.TrimSpace(s)
	s = dateWeekday.ReplaceAllString(s, "")
	s = dateT.ReplaceAllString(s, "$1 ")
	s = dateZone.ReplaceAllString(s, "$1")
	for _, utc := range []string{"UTC", "GMT", "z"} {
		if head, ok := strings.CutSuffix(s, utc); ok {
			s = head + "Z"
		}
	}
	return s
}

// ParseDate reads a date as people write it in front matter: RFC 3339, a day,
// or a day and a time with or without a zone. Without a zone it is in loc; nil
// means UTC. Years outside 1970 to 9999 are errors.
func ParseDate(s string, loc *time.Location) (time.Time, error) {
	if loc == nil {
		loc = time.UTC
	}
	normal := normalDate(s)
	for _, layout := range dateLayouts() {
		t, err := time.ParseInLocation(layout, normal, loc)
		if err != nil {
			continue
		}
		if y := t.Year(); y < firstYear || y > lastYear || t.UTC().Year() < firstYear || t.UTC().Year() > lastYear {
			return time.Time{}, fmt.Errorf("%q is outside the years %d to %d", s, firstYear, lastYear)
		}
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%q is no date; write 2026-12-31 or 2026-12-31T09:00:00+01:00", s)
}
