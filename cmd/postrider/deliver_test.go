package main

import (
	"maps"
	"testing"
	"time"

	"postrider/mailer"
)

// A delivery that is tried several times is counted as what it is now.
func TestOutcomesCountDeliveries(t *testing.T) {
	o := newOutcomes()
	one, two := mailer.Key{Issue: 1, Recipient: 1}, mailer.Key{Issue: 1, Recipient: 2}
	for _, e := range []mailer.Entry{
		{Key: one, State: mailer.Uncertain}, {Key: two, State: mailer.Deferred},
		{Key: one, State: mailer.Deferred}, {Key: two, State: mailer.Deferred},
		{Key: one, State: mailer.Sent},
	} {
		o.note(e)
	}
	want := map[mailer.DeliveryState]int64{mailer.Sent: 1, mailer.Deferred: 1}
	if !maps.Equal(o.count, want) || o.total() != 2 {
		t.Errorf("counted %v, want %v", o.count, want)
	}
}

// Where nothing became of anything, it is said why.
func TestNothingDone(t *testing.T) {
	later := time.Date(2000, 1, 1, 10, 0, 0, 0, time.Local)
	tally := func(state mailer.DeliveryState, n, due int64, next time.Time) mailer.Tally {
		return mailer.Tally{Count: map[mailer.DeliveryState]int64{state: n}, Due: due, NextDue: next}
	}
	for _, tt := range []struct {
		left mailer.Tally
		want string
	}{
		{tally(mailer.Sent, 3, 0, time.Time{}), "Nothing to deliver."},
		{tally(mailer.Queued, 1, 1, time.Time{}), "Nothing was sent: 1 mail still queued; `postrider deliver` goes on from here."},
		{tally(mailer.Deferred, 2, 0, later), "Nothing to deliver now: 2 mails waiting for their time, the first until 2000-01-01 10:00."},
		{tally(mailer.Deferred, 1, 0, later), "Nothing to deliver now: 1 mail waiting for its time, 2000-01-01 10:00."},
		{tally(mailer.Uncertain, 2, 0, time.Time{}), "Nothing to deliver now: 2 mails left for you to decide, see `postrider issue list`."},
	} {
		if got := nothingDone(tt.left); got != tt.want {
			t.Errorf("of %v it says %q, want %q", tt.left, got, tt.want)
		}
	}
}
