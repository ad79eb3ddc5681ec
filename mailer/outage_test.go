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
	failed, told := o.over(toOpen)
	if again, _ := o.over(toOpen); !failed || !told || again {
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
	o.over(toOpen)
	if _, tell := o.failed(start.Add(time.Minute+14*time.Second), toOpen, refused, true); tell {
		t.Error("told again of the same ten seconds later")
	}
	if failed, told := o.over(toOpen); !failed || told {
		t.Errorf("the log hears of an end whose beginning it did not: %t, %t", failed, told)
	}
	if _, tell := o.failed(start.Add(3*time.Minute), toOpen, refused, true); !tell {
		t.Error("not told of the same minutes later")
	}
}
