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
	if f, err := c.Figures(c.ctx); err != nil || !f.LastIssue.IsZero() || len(f.Deliveries) > 0 {
		t.Errorf("at first %+v, %v", f, err)
	}
	_, d := c.one()
	later := c.now.Add(time.Minute)
	if st, err = c.Standing(c.ctx, later); err != nil || !st.OldestDue.IsZero() {
		t.Errorf("with a mail that is taken %+v, %v", st, err)
	}
	f, err := c.Figures(c.ctx)
	if err != nil || f.Subscribers[newsletter.Active] != 1 || f.Posts[post.Published] != 1 || f.Deliveries[mailer.Queued] != 1 ||
		f.LastReaders != 1 || f.LastIssue.IsZero() || f.Change != st.Change {
		t.Errorf("%+v, %v", f, err)
	}
	c.intend(d)
	if f, err = c.Figures(c.ctx); err != nil || f.Deliveries[mailer.Sending] != 1 {
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
