package newsletter

import (
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestWindowsOnTheClock(t *testing.T) {
	for _, c := range []struct {
		name, zone, at, date string
		want                 string
	}{
		{"winter", "Europe/Berlin", "09:00", "2026-01-05", "2026-01-05T09:00:00+01:00"},
		{"summer", "Europe/Berlin", "09:00", "2026-07-06", "2026-07-06T09:00:00+02:00"},
		{"spring gap moves forward", "Europe/Berlin", "02:30", "2026-03-29", "2026-03-29T03:30:00+02:00"},
		{"autumn overlap takes the first", "Europe/Berlin", "02:30", "2026-10-25", "2026-10-25T02:30:00+02:00"},
		{"the hour after the gap", "Europe/Berlin", "03:00", "2026-03-29", "2026-03-29T03:00:00+02:00"},
		{"spring gap in the west", "America/New_York", "02:30", "2026-03-08", "2026-03-08T03:30:00-04:00"},
		{"autumn overlap in the west", "America/New_York", "01:30", "2026-11-01", "2026-11-01T01:30:00-04:00"},
		{"after a change in the morning", "America/New_York", "09:00", "2026-03-08", "2026-03-08T09:00:00-04:00"},
		{"half an hour's gap", "Australia/Lord_Howe", "02:15", "2026-10-04", "2026-10-04T02:45:00+11:00"},
		{"half an hour's overlap", "Australia/Lord_Howe", "01:45", "2026-04-05", "2026-04-05T01:45:00+11:00"},
		{"no midnight", "America/Sao_Paulo", "00:00", "2018-11-04", "2018-11-04T01:00:00-02:00"},
		{"a quarter hour's zone", "Asia/Kathmandu", "02:30", "2026-03-29", "2026-03-29T02:30:00+05:45"},
		{"no such day", "Pacific/Apia", "09:00", "2011-12-30", "2011-12-31T09:00:00+14:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, err := ParseTimeOfDay(c.at)
			if err != nil {
				t.Fatal(err)
			}
			day, _ := parseDate(c.date)
			w, ok := Digest{Cadence: Daily, At: at, Zone: zone(t, c.zone)}.window(day)
			if !ok || w.Key != c.date || w.At.Format(time.RFC3339) != c.want {
				t.Errorf("window %s is at %s, want %s", w.Key, w.At.Format(time.RFC3339), c.want)
			}
		})
	}
}

// Over two years with the clock changes of five zones, every local day, week or
// month has exactly one window, in rising order, forwards and backwards.
func TestEveryPeriodHasOneWindow(t *testing.T) {
	for name, year := range map[string]int{
		"Europe/Berlin": 2025, "America/New_York": 2025, "Australia/Lord_Howe": 2025,
		"America/Sao_Paulo": 2017, "Asia/Kathmandu": 2025,
	} {
		for _, at := range []TimeOfDay{{0, 0}, {0, 30}, {2, 0}, {2, 15}, {2, 30}, {9, 0}, {23, 59}} {
			for _, c := range []Cadence{Daily, Weekly, Monthly} {
				d := Digest{Name: "x", Cadence: c, Day: time.Sunday, MonthDay: 28, At: at, Zone: zone(t, name), CatchUp: time.Hour}
				t.Run(strings.Join([]string{name, at.String(), string(c)}, " "), func(t *testing.T) {
					checkWindows(t, d, time.Date(year, 1, 1, 0, 0, 0, 0, d.Zone), time.Date(year+2, 1, 1, 0, 0, 0, 0, d.Zone))
				})
			}
		}
	}
}

func checkWindows(t *testing.T, d Digest, from, to time.Time) {
	t.Helper()
	var got []string
	for w := d.Next(from.Add(-1)); w.At.Before(to); w = d.Next(w.At) {
		if last, ok := d.Last(w.At); !ok || last != w {
			t.Errorf("Last(%s) = %v, not the window itself", w.At, last)
		}
		if n := len(got); n > 0 {
			if last, _ := d.Last(w.At.Add(-1)); last.Key != got[n-1] {
				t.Errorf("before %s came %s, but Last says %s", w.Key, got[n-1], last.Key)
			}
		}
		if local := w.At.Format(time.DateOnly); local != w.Key {
			t.Errorf("window %s falls on %s", w.Key, local)
		}
		got = append(got, w.Key)
	}
	var want []string
	for day := time.Date(from.Year(), 1, 1, 12, 0, 0, 0, time.UTC); day.Year() < to.Year(); day = day.AddDate(0, 0, 1) {
		if d.Cadence == Daily || d.Cadence == Weekly && day.Weekday() == d.Day || d.Cadence == Monthly && day.Day() == d.MonthDay {
			want = append(want, day.Format(time.DateOnly))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("windows %v\nwant %v", got, want)
	}
}

func TestDue(t *testing.T) {
	d := Digest{Name: "daily", Cadence: Daily, At: TimeOfDay{9, 0}, Zone: time.UTC, CatchUp: 3 * time.Hour}
	at := func(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		name      string
		now, seen time.Time
		last      string
		cut       string
		missed    []string
	}{
		{"before the first window", at(2, 8), at(1, 12), "", "", nil},
		{"at the first window", at(2, 9), at(1, 12), "", "2026-03-02", nil},
		{"seen after today's window", at(2, 12), at(2, 10), "", "", nil},
		{"seen at the window", at(2, 9), at(2, 9), "", "", nil},
		{"late, but in time", at(2, 12), at(1, 12), "", "2026-03-02", nil},
		{"too late", at(2, 13), at(1, 12), "", "", []string{"2026-03-02"}},
		{"handled", at(2, 10), at(1, 12), "2026-03-02", "", nil},
		{"handled tomorrow's already", at(2, 10), at(1, 12), "2026-03-03", "", nil},
		{"back after days, in time", at(5, 10), at(1, 12), "2026-03-02", "2026-03-05", []string{"2026-03-03", "2026-03-04"}},
		{"back after days, too late", at(5, 13), at(1, 12), "2026-03-02", "", []string{"2026-03-03", "2026-03-04", "2026-03-05"}},
		{"a key of another kind", at(2, 10), at(1, 12), "by-hand", "2026-03-02", nil},
		{"never seen", at(2, 10), time.Time{}, "", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := d.Due(c.now, c.seen, c.last)
			var missed []string
			for _, w := range a.Missed {
				missed = append(missed, w.Key)
			}
			if a.Cut.Key != c.cut || !slices.Equal(missed, c.missed) {
				t.Errorf("cut %q, missed %v; want %q, %v", a.Cut.Key, missed, c.cut, c.missed)
			}
		})
	}
}

// A process that looks now and then, and is down now and then, handles every
// window exactly once.
func TestDueOverTime(t *testing.T) {
	d := Digest{Name: "weekly", Cadence: Weekly, Day: time.Sunday, At: TimeOfDay{2, 30}, Zone: zone(t, "Europe/Berlin"), CatchUp: 24 * time.Hour}
	seen := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	steps := []time.Duration{time.Hour, 5 * time.Minute, 17 * time.Hour, 3 * time.Hour, 200 * time.Hour, 30 * time.Minute}
	var handled []string
	last := ""
	for i, now := 0, seen; now.Year() == 2026; i, now = i+1, now.Add(steps[i%len(steps)]) {
		a := d.Due(now, seen, last)
		for _, w := range append(a.Missed, a.Cut) {
			if !w.IsZero() {
				handled = append(handled, w.Key)
				last = w.Key
			}
		}
	}
	var want []string
	for w := d.Next(seen); w.Key <= last; w = d.Next(w.At) {
		want = append(want, w.Key)
	}
	if len(handled) < 50 || !slices.Equal(handled, want) {
		t.Errorf("handled %v\nwant %v", handled, want)
	}
}

func TestInstant(t *testing.T) {
	d := Digest{Name: "now", Cadence: Instant, Delay: 5 * time.Minute}
	if got := d.Settled(now); !got.Equal(now.Add(-5 * time.Minute)) {
		t.Errorf("settled at %s", got)
	}
	if got := (Digest{Cadence: Daily}).Settled(now); !got.Equal(now) {
		t.Errorf("a daily digest waits until %s", got)
	}
	if w := d.Next(now); !w.IsZero() {
		t.Errorf("an instant digest has the window %v", w)
	}
	if _, ok := d.Last(now); ok {
		t.Error("an instant digest had a window")
	}
	if a := d.Due(now, then, ""); !a.Cut.IsZero() || a.Missed != nil {
		t.Errorf("an instant digest is due by the calendar: %v", a)
	}
}

func TestInstantWindow(t *testing.T) {
	for _, c := range []struct {
		waiting Waiting
		want    string
	}{
		{Waiting{Settled: 12}, ""},
		{Waiting{Settled: 12, Readers: true}, "to-12"},
		{Waiting{Settled: 12, Readers: true, Handled: 1}, "to-12-2"},
		{Waiting{Settled: 12, Readers: true, Handled: 9}, "to-12-10"},
	} {
		w, ok := c.waiting.Instant(now)
		if w.Key != c.want || ok != (c.want != "") || ok && (!w.At.Equal(now) || w.Through != 12) {
			t.Errorf("%+v: window %+v, %v, want %q", c.waiting, w, ok, c.want)
		}
	}
}

func TestSnapshotThrough(t *testing.T) {
	pubs := []Publication{{Number: 3}, {Number: 5}, {Number: 6}}
	for n, want := range map[int64]Snapshot{
		2: {Newest: 2},
		5: {Newest: 5, Publications: pubs[:2]},
		9: {Newest: 7, Publications: pubs},
	} {
		got := Snapshot{Newest: 7, Publications: pubs}.Through(n)
		if got.Newest != want.Newest || len(got.Publications) != len(want.Publications) {
			t.Errorf("through %d: %+v, want %+v", n, got, want)
		}
	}
}

func TestDigestValidate(t *testing.T) {
	good := Digest{Name: "weekly", Cadence: Weekly, Day: time.Monday, MonthDay: 1, At: TimeOfDay{9, 0}, Zone: time.UTC, CatchUp: time.Hour}
	for _, c := range []struct {
		key   string
		spoil func(*Digest)
	}{
		{"", func(*Digest) {}},
		{"", func(d *Digest) { d.Cadence, d.Zone = Instant, nil }},
		{"name", func(d *Digest) { d.Name = "" }},
		{"name", func(d *Digest) { d.Name = "my digest" }},
		{"cadence", func(d *Digest) { d.Cadence = "hourly" }},
		{"timezone", func(d *Digest) { d.Zone = nil }},
		{"at", func(d *Digest) { d.At.Hour = 24 }},
		{"day", func(d *Digest) { d.Day = 7 }},
		{"day", func(d *Digest) { d.Cadence, d.MonthDay = Monthly, 29 }},
		{"catch_up", func(d *Digest) { d.CatchUp = 0 }},
		{"delay", func(d *Digest) { d.Cadence, d.Delay = Instant, -1 }},
	} {
		d := good
		c.spoil(&d)
		err := d.Validate()
		if c.key == "" && err != nil || c.key != "" && (err == nil || !strings.Contains(err.Error(), ": "+c.key+": ")) {
			t.Errorf("%+v: %v, want an error of %q", d, err, c.key)
		}
	}
}

func TestDigests(t *testing.T) {
	weekly := Digest{Name: "weekly", Cadence: Weekly, Zone: time.UTC, CatchUp: time.Hour}
	daily := weekly
	daily.Name, daily.Cadence = "daily", Daily
	ds := Digests{weekly, daily}
	if err := ds.Validate(); err != nil {
		t.Error(err)
	}
	if d, ok := ds.Named("daily"); !ok || d.Cadence != Daily {
		t.Errorf("Named: %v, %t", d, ok)
	}
	if d, ok := ds.For(Weekly); !ok || d.Name != "weekly" {
		t.Errorf("For: %v, %t", d, ok)
	}
	if _, ok := ds.For(Monthly); ok {
		t.Error("found a digest that is not there")
	}
	if got := ds.Cadences(); !slices.Equal(got, []Cadence{Daily, Weekly}) {
		t.Errorf("cadences %v", got)
	}
	twin := weekly
	twin.Name = "other"
	for _, bad := range []Digests{{weekly, twin}, {weekly, weekly}, {{Name: "x"}}} {
		if bad.Validate() == nil {
			t.Errorf("%v is valid", bad)
		}
	}
}
