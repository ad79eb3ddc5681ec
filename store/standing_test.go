package store

import (
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
	"postrider/post"
)

func TestStandingAndFigures(t *testing.T) {
	c := newClub(t)
	st, err := c.Standing(c.ctx, c.now)
	if err != nil || !st.OldestDue.IsZero() || st.Lock.Locked() || st.Schema == 0 {
		t.Errorf("at first %+v, %v", st, err)
	}
	if f, err := c.Figures(c.ctx, c.now); err != nil || !f.LastIssue.IsZero() || len(f.Deliveries) > 0 {
		t.Errorf("at first %+v, %v", f, err)
	}
	_, d := c.one()
	later := c.now.Add(time.Minute)
	if st, err = c.Standing(c.ctx, later); err != nil || !st.OldestDue.IsZero() {
		t.Errorf("with a mail that is taken %+v, %v", st, err)
	}
	f, err := c.Figures(c.ctx, c.now)
	if err != nil || f.Subscribers[newsletter.Active] != 1 || f.Posts[post.Published] != 1 || f.Deliveries[mailer.Queued] != 1 ||
		f.LastReaders != 1 || f.LastIssue.IsZero() || f.Change != st.Change {
		t.Errorf("%+v, %v", f, err)
	}
	c.intend(d)
	if f, err = c.Figures(c.ctx, c.now); err != nil || f.Deliveries[mailer.Sending] != 1 {
		t.Errorf("%+v, %v", f, err)
	}
	// What is due and not taken, and what is not due yet.
	run(t, c.Store, `UPDATE delivery SET state = 'deferred', worker_id = NULL, due_at = ?`, later.UnixMilli())
	if st, err = c.Standing(c.ctx, c.now); err != nil || !st.OldestDue.IsZero() {
		t.Errorf("before it is due %+v, %v", st, err)
	}
	if st, err = c.Standing(c.ctx, later.Add(time.Hour)); err != nil || !st.OldestDue.Equal(stored(later)) {
		t.Errorf("an hour after it was due %+v, %v", st, err)
	}
}

// Mail that a process took which is gone counts as due since its lease ended, and is
// overdue sooner than what a living one has not come to.
func TestStandingOfWhatNobodyDoes(t *testing.T) {
	c := newClub(t)
	c.one() // taken under a lease of an hour
	ends := c.now.Add(time.Hour)
	for _, at := range []struct {
		after   time.Duration
		workers int
		since   time.Time
		long    bool
	}{
		{0, 1, time.Time{}, false},
		{time.Minute, 0, ends, false},
		{6 * time.Minute, 0, ends, true},
	} {
		now := ends.Add(at.after)
		st, err := c.Standing(c.ctx, now)
		if age, long := st.Overdue(now); err != nil || st.Workers != at.workers || !st.OldestDue.Equal(at.since) || long != at.long || long && age != at.after {
			t.Errorf("%s after the lease: %+v, %s, %v, %v", at.after, st, age, long, err)
		}
		if f, err := c.Figures(c.ctx, now); err != nil || !f.OldestDue.Equal(at.since) || f.Workers != at.workers {
			t.Errorf("%s after the lease: %+v, %v", at.after, f, err)
		}
	}
	now := ends.Add(10 * time.Minute)
	run(t, c.Store, `UPDATE worker SET lease = ?`, now.UnixMilli())
	run(t, c.Store, `UPDATE delivery SET worker_id = NULL, due_at = ?`, ends.UnixMilli())
	st, err := c.Standing(c.ctx, now)
	if _, long := st.Overdue(now); err != nil || long || !st.OldestDue.Equal(ends) {
		t.Errorf("while another sends: %+v, %v", st, err)
	}
	if _, long := st.Overdue(now.Add(6 * time.Minute)); !long {
		t.Error("what a process does not take for a quarter of an hour is not overdue")
	}
}

// Posts wait for instant readers from when they are published, but not for who is paused,
// or has been back for a moment only.
func TestStandingOfInstantReaders(t *testing.T) {
	c := newClub(t)
	since := func(when string, want time.Time) {
		t.Helper()
		if st, err := c.Standing(c.ctx, c.now); err != nil || !st.InstantDue.Equal(stored(want)) {
			t.Errorf("%s: posts wait since %v, %v; want %v", when, st.InstantDue, err, want)
		}
	}
	c.join("weekly@example.org", newsletter.Weekly)
	c.join("soon@example.org", newsletter.Instant)
	c.publish()
	first := c.now
	c.now = c.now.Add(time.Hour)
	c.publish()
	since("published", first)
	until := c.now.Add(time.Hour)
	c.change("soon@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber {
		s.PausedUntil = until
		return s
	})
	since("paused", time.Time{})
	c.now = until.Add(time.Minute)
	since("back", until)
	c.cut(newsletter.Instant)
	since("cut", time.Time{})
}
