package mailer

import (
	"errors"
	"testing"
	"time"
)

// The log hears of an outage from who met it, at once and then once a minute, however
// many others find that it lasts.
func TestOutageIsToldOnce(t *testing.T) {
	var o outage
	refused, other := errors.New("refused"), errors.New("another")
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, c := range []struct {
		after  time.Duration
		what   string
		err    error
		teller bool
		tell   bool
	}{
		{0, toOpen, refused, false, false},
		{0, toOpen, refused, true, true},
		{time.Second, toOpen, refused, true, false},
		{2 * time.Second, toOpen, other, true, true},
		{3 * time.Second, toClaim, other, true, false},
		{time.Minute, toOpen, other, false, false},
		{time.Minute + 2*time.Second, toOpen, other, true, true},
	} {
		lasting, tell := o.failed(start.Add(c.after), c.what, c.err, c.teller)
		if tell != c.tell || c.what == toOpen && lasting != c.after {
			t.Errorf("step %d: it lasts for %v, to be told: %v; want %v, %v", i, lasting, tell, c.after, c.tell)
		}
	}
	if !o.over(toOpen) || o.over(toOpen) {
		t.Error("it is over once")
	}
	if _, tell := o.failed(start.Add(time.Minute+3*time.Second), toOpen, other, true); tell {
		t.Error("told again while another thing fails")
	}
	o.over(toOpen)
	o.over(toClaim)
	if _, tell := o.failed(start.Add(time.Minute+4*time.Second), toOpen, refused, true); !tell {
		t.Error("the next outage is not told at once")
	}
}
