package main

import (
	"maps"
	"testing"

	"postrider/mailer"
)

// A delivery that is tried several times is counted as what it is now.
func TestOutcomesCountDeliveries(t *testing.T) {
	o := outcomes{map[mailer.DeliveryState]int64{}, map[mailer.Key]mailer.DeliveryState{}}
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
