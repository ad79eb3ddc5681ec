package store

import (
	"fmt"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// Who is at work is not taken for dead because a clock was set: neither this
// machine's nor another's, forward or back.
func TestALeaseIsNoHour(t *testing.T) {
	everybody := func(mailer.Process) bool { return true }
	for _, jump := range []time.Duration{time.Hour, year, -time.Hour, -year} {
		c := newClub(t)
		start := c.now
		c.leases.watch = func() time.Time { return start }
		issue, d := c.one()
		c.intend(d)
		other := c.enlist(c.Store)
		c.now = c.now.Add(jump)
		c.ok(c.Renew(c.ctx, other, c.now, c.now.Add(15*time.Second), everybody))
		look := func(after time.Duration) {
			start = start.Add(after)
			c.ok(c.Renew(c.ctx, other, c.now, c.now.Add(15*time.Second), everybody))
		}
		look(7 * time.Second)
		look(7 * time.Second)
		if row := c.row(issue); row.State != mailer.Sending {
			t.Errorf("after a jump of %s the row is %+v", jump, row)
		}
		// What gives no sign for so long is, whatever its lease says.
		look(time.Second)
		if row := c.row(issue); row.State != mailer.Uncertain {
			t.Errorf("after a jump of %s and a silence the row is %+v", jump, row)
		}
	}
}

// Who did not look for a while, because it stood still itself, takes nobody for dead
// that stood still with it; and forgets who has gone.
func TestStandingStillTogether(t *testing.T) {
	c := newClub(t)
	start := c.now
	c.leases.watch = func() time.Time { return start }
	issue, d := c.one()
	c.intend(d)
	other := c.enlist(c.Store)
	look := func(after time.Duration) {
		start = start.Add(after)
		c.ok(c.Renew(c.ctx, other, c.now, c.now.Add(15*time.Second), func(mailer.Process) bool { return true }))
	}
	look(0)
	look(5 * time.Second)
	look(20 * time.Second)
	look(5 * time.Second)
	if row := c.row(issue); row.State != mailer.Sending {
		t.Errorf("the row is %+v", row)
	}
	look(5 * time.Second)
	look(5 * time.Second)
	if row := c.row(issue); row.State != mailer.Uncertain {
		t.Errorf("after a silence the row is %+v", row)
	}
	for range 10 {
		guest := c.enlist(c.Store)
		look(5 * time.Second)
		c.ok(c.Release(c.ctx, guest))
	}
	look(5 * time.Second)
	if len(c.leases.seen) > 0 {
		t.Errorf("%d workers are remembered that have gone", len(c.leases.seen))
	}
}

// A pause of all that is a little shorter than what makes one forget is none of the
// looks either: who lives has time to say so after it.
func TestLateLooks(t *testing.T) {
	for _, test := range []struct {
		name  string
		looks []float64 // seconds since the one before
		dead  bool
	}{
		{"in time", []float64{0, 5, 5, 5}, true},
		{"too few", []float64{0, 7.5, 7.5}, false},
		{"late at the end", []float64{0, 5.5, 9.9}, false},
		{"late, and one more", []float64{0, 5.5, 9.9, 5}, false},
		{"late, and two more", []float64{0, 5.5, 9.9, 5, 5}, true},
		{"late at the end of a long silence", []float64{0, 5, 5, 9.9}, false},
		{"very late", []float64{0, 5, 5, 11, 5, 5}, false},
		{"some late", []float64{0, 9, 9, 9, 9, 9}, false},
		{"always late", []float64{0, 9, 9, 9, 9, 9, 9}, true},
	} {
		start := time.Now()
		l := leases{watch: func() time.Time { return start }}
		dead := false
		for _, after := range test.looks {
			start = start.Add(time.Duration(after * float64(time.Second)))
			dead = l.dead(1, 7, 15*time.Second)
		}
		if dead != test.dead {
			t.Errorf("%s: dead %v, want %v", test.name, dead, test.dead)
		}
	}
}

// What a clock noted that ran ahead holds nothing up once it is right again.
func TestComeBack(t *testing.T) {
	c := newClub(t)
	c.join("ada@example.org", newsletter.Weekly)
	c.publish()
	now := c.now
	c.now = now.Add(year)
	_, err := c.SeeDigests(c.ctx, []string{"late"}, c.now)
	c.ok(err)
	post := c.publish()
	issue := c.write(weekly)
	c.finish(newsletter.Weekly)
	run(t, c.Store, `UPDATE issue SET window = '2027-11-22'`)
	run(t, c.Store, `UPDATE digest_window SET window = '2027-11-22'`)
	c.ok(c.CloseWindow(c.ctx, newsletter.Closing{Digest: "weekly", Window: "2027-11-15", State: newsletter.WindowMissed}, weekly, c.now))
	c.ok(c.CloseWindow(c.ctx, newsletter.Closing{Digest: "weekly", Window: "2026-11-16", State: newsletter.WindowMissed}, weekly, c.now))

	// An hour is no reason to change anything.
	c.now = c.now.Add(-time.Hour)
	before := value[int](t, c.Store, `SELECT total_changes()`)
	_, err = c.SeeDigests(c.ctx, nil, c.now)
	c.ok(err)
	if after := value[int](t, c.Store, `SELECT total_changes()`); after != before {
		t.Errorf("%d rows were changed", after-before)
	}

	c.now = now
	if ahead, err := c.Ahead(c.ctx, c.now); len(ahead) != 5 || err != nil {
		t.Errorf("ahead: %q, %v", ahead, err)
	}
	since, err := c.SeeDigests(c.ctx, nil, c.now)
	if err != nil || !since["late"].Equal(stored(now)) {
		t.Errorf("the digest is known since %s, %v", since["late"], err)
	}
	if ahead, err := c.Ahead(c.ctx, c.now); len(ahead) > 0 || err != nil {
		t.Errorf("still ahead: %q, %v", ahead, err)
	}
	if last, err := c.LastDate(c.ctx, "weekly"); last != "2026-11-16" || err != nil {
		t.Errorf("the last window is %q, %v", last, err)
	}
	if got := c.claim(9); len(got) != 1 || got[0].IssueID != issue {
		t.Errorf("what was cut then is not sent: %+v", got)
	}
	waiting, err := c.Waiting(c.ctx, "instant", now, now)
	if err != nil || waiting.Settled != 2 {
		t.Errorf("post %s waits: %+v, %v", post, waiting, err)
	}
	c.sound()
	windows, err := c.Windows(c.ctx, "weekly", 9)
	if err != nil || len(windows) != 2 {
		t.Errorf("windows %+v, %v; want the one that was cut, and the one of the past", windows, err)
	}
}

// A window of today is of tomorrow here when the sun rises far in the east. One that is
// later still is ahead of the clock, and so is seen and undone.
func TestTheDayBeginsInTheEast(t *testing.T) {
	c := newClub(t)
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for window, want := range map[string]string{"2026-11-24": "[]", "2026-11-25": "[window 2026-11-25 of digest weekly]"} {
		c.ok(c.CloseWindow(c.ctx, newsletter.Closing{Digest: "weekly", Window: window, State: newsletter.WindowMissed}, weekly, noon))
		ahead, err := c.Ahead(c.ctx, noon)
		if fmt.Sprint(ahead) != want || err != nil {
			t.Errorf("window %s: %q, %v", window, ahead, err)
		}
		_, err = c.SeeDigests(c.ctx, nil, noon)
		c.ok(err)
		windows, err := c.Windows(c.ctx, "weekly", 9)
		if left := len(windows) > 0 && windows[0].Key == window; err != nil || left != (want == "[]") {
			t.Errorf("window %s: %+v, %v", window, windows, err)
		}
		run(t, c.Store, `DELETE FROM digest_window`)
	}
}

// Mail that waits for its turn within the time of its issue is not ahead of it.
func TestTurnsAreNotAhead(t *testing.T) {
	c := newClub(t)
	issue, d := c.one()
	c.intend(d)
	turn := c.now.Add(60 * time.Hour)
	c.record(mailer.Entry{Key: d.Key, State: mailer.Deferred, At: c.now, Due: turn, Reply: "its domain takes no more for now"})
	_, err := c.SeeDigests(c.ctx, nil, c.now)
	c.ok(err)
	if row := c.row(issue); !row.Due.Equal(turn) {
		t.Errorf("due at %s, want %s", row.Due, turn)
	}
}
