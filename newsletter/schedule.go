package newsletter

import (
	"slices"
	"time"
)

// Window is one moment at which a digest is cut.
type Window struct {
	// Key names the window for ever: its local date (2006-01-02) whatever becomes
	// of zone and hour later, so that no date is cut twice.
	Key string
	At  time.Time
	// Through, if not 0, is the last publication number that the cut takes.
	Through int64
}

// IsZero tells that there is no window.
func (w Window) IsZero() bool { return w.Key == "" }

// Agenda is what a digest has to do now.
type Agenda struct {
	Cut    Window   // to be cut; zero if none
	Missed []Window // too late to be cut, ascending; their posts go into the next issue
}

// Next gives the first window after the instant. Instant digests have no
// windows of the calendar, and the zero Window.
func (d Digest) Next(after time.Time) Window {
	if !d.onCalendar() {
		return Window{}
	}
	// Where clocks skip an evening, a window falls on the day after its date.
	for day := d.dateOf(after) - 1; ; day++ {
		if w, ok := d.window(day); ok && w.At.After(after) {
			return w
		}
	}
}

// Last gives the latest window at or before now; false for instant digests.
func (d Digest) Last(now time.Time) (Window, bool) {
	if !d.onCalendar() {
		return Window{}, false
	}
	for day := d.dateOf(now); ; day-- {
		if w, ok := d.window(day); ok && !w.At.After(now) {
			return w, true
		}
	}
}

// Due says what is to do at now. last is the key of the last window that was
// cut, found empty or recorded as missed; before there is one, firstSeen (when
// this digest's name first stood in the settings) is what windows must lie
// after; a digest never seen has nothing to do. Only the newest due window is cut,
// and only within [Digest.CatchUp]; every other is missed. Keys that are no dates
// are ignored.
func (d Digest) Due(now, firstSeen time.Time, last string) Agenda {
	var a Agenda
	handled, ok := parseDate(last)
	if !d.onCalendar() || !ok && firstSeen.IsZero() {
		return a
	}
	for day := d.dateOf(now); ; day-- {
		if ok && day <= handled || day < d.dateOf(firstSeen)-1 {
			break
		}
		w, on := d.window(day)
		if !on || w.At.After(now) || !w.At.After(firstSeen) {
			continue
		}
		if a.Cut.IsZero() && len(a.Missed) == 0 && now.Sub(w.At) <= d.CatchUp {
			a.Cut = w
		} else {
			a.Missed = append(a.Missed, w)
		}
	}
	slices.Reverse(a.Missed)
	return a
}

func (d Digest) onCalendar() bool {
	return d.Cadence == Daily || d.Cadence == Weekly || d.Cadence == Monthly
}

// date counts the days of the calendar from 1970-01-01, without any zone.
type date int

const secondsPerDay = 24 * 60 * 60

func (d Digest) dateOf(t time.Time) date {
	y, m, day := t.In(d.Zone).Date()
	return date(time.Date(y, m, day, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}

func parseDate(key string) (date, bool) {
	t, err := time.Parse(time.DateOnly, key)
	return date(t.Unix() / secondsPerDay), err == nil
}

// midnight is the date's beginning if it were in UTC.
func (d date) midnight() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// window gives the digest's window on this local date, if it has one.
func (d Digest) window(day date) (Window, bool) {
	midnight := day.midnight()
	if d.Cadence == Weekly && midnight.Weekday() != d.Day || d.Cadence == Monthly && midnight.Day() != d.MonthDay {
		return Window{}, false
	}
	wall := midnight.Add(time.Duration(d.At.Hour)*time.Hour + time.Duration(d.At.Minute)*time.Minute)
	return Window{Key: midnight.Format(time.DateOnly), At: onWall(wall, d.Zone)}, true
}

// onWall finds the instant at which clocks in zone show what wall shows in UTC.
// As RFC 5545, section 3.3.5, has it: when they show it twice, the first time;
// when they skip it, as far after the gap as it would have been into it. It
// leaves neither to [time.Date], which does not say which of the two it takes.
func onWall(wall time.Time, zone *time.Location) time.Time {
	const aside = 26 * time.Hour // further than any zone is from UTC, so surely before or after a change of that day
	_, before := wall.Add(-aside).In(zone).Zone()
	_, after := wall.Add(aside).In(zone).Zone()
	first := wall.Add(-time.Duration(before) * time.Second).In(zone)
	if sameWall(first, wall) {
		return first
	}
	if second := wall.Add(-time.Duration(after) * time.Second).In(zone); sameWall(second, wall) {
		return second
	}
	return first
}

func sameWall(a, b time.Time) bool {
	return a.Hour() == b.Hour() && a.Minute() == b.Minute() && a.Day() == b.Day()
}
