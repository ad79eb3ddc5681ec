package main

import (
	"bytes"
	"testing"
	"time"

	"postrider/mailer"
)

// Where no terminal can redraw a line, one comes now and then, with rate and time left.
func TestProgressInPlainLines(t *testing.T) {
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	var errs bytes.Buffer
	a := &app{err: &errs, now: func() time.Time { return now }}
	p := a.progress("cutting")
	for done := int64(0); done <= 120; done++ {
		p.set(done*10, 1200)
		now = now.Add(time.Second / 10)
	}
	p.end()
	p = a.progress("reading")
	now = now.Add(10 * time.Second)
	p.set(50, 0)
	p = a.progress("delivering")
	p.resume(900)
	now = now.Add(5 * time.Second)
	p.set(1000, 1200)
	want := "cutting: 500 of 1200, 100/s, 7s left\n" +
		"cutting: 1000 of 1200, 100/s, 2s left\n" +
		"reading: 50, 5/s\n" +
		"delivering: 1000 of 1200, 20/s, 10s left\n"
	if errs.String() != want {
		t.Errorf("said\n%swant\n%s", &errs, want)
	}

	errs.Reset()
	a.quiet = true
	p = a.progress("cutting")
	now = now.Add(time.Minute)
	p.set(1, 2)
	if p.end(); errs.Len() > 0 {
		t.Errorf("--quiet says %q", &errs)
	}
}

// What a rate of the settings lets go at first says nothing of the rest.
func TestProgressKnowsTheRate(t *testing.T) {
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	var errs bytes.Buffer
	a := &app{err: &errs, now: func() time.Time { return now }}
	for _, messages := range []int{200, 4000, 0} {
		p := a.progress("delivering")
		p.limit = mailer.Rate{Messages: messages, Per: time.Minute}
		now = now.Add(5 * time.Second)
		p.set(200, 4000)
	}
	p := a.progress("delivering")
	p.least = 3600
	now = now.Add(5 * time.Second)
	p.set(200, 4000)
	want := "delivering: 200 of 4000, 40/s, 19m0s left\n" +
		"delivering: 200 of 4000, 40/s, 1m35s left\n" +
		"delivering: 200 of 4000, 40/s, 1m35s left\n" +
		"delivering: 200 of 4000, 40/s, 1h0m0s left\n"
	if errs.String() != want {
		t.Errorf("said\n%swant\n%s", &errs, want)
	}
}

// What is waited for before the first mail goes says nothing of how fast the rest does.
func TestProgressForgetsTheFirstWait(t *testing.T) {
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	var errs bytes.Buffer
	a := &app{err: &errs, now: func() time.Time { return now }}
	p := a.progress("delivering")
	p.resume(100)
	p.set(100, 600)
	now = now.Add(28 * time.Second)
	p.set(100, 600)
	for done := int64(110); done <= 200; done += 10 {
		now = now.Add(time.Second)
		p.set(done, 600)
	}
	p = a.progress("delivering") // where one looks seldom, it may have gone all the time
	p.setReady(0, 1000, 1000)
	now = now.Add(20 * time.Second)
	p.set(200, 1000)
	p = a.progress("delivering") // nobody has looked, but to see that nothing is done
	now = now.Add(time.Minute)
	p.look()
	now = now.Add(5 * time.Second)
	p.set(50, 1000)
	want := "delivering: 100 of 600, nothing for 28s\n" +
		"delivering: 150 of 600, 10/s, 45s left\n" +
		"delivering: 200 of 600, 10/s, 40s left\n" +
		"delivering: 200 of 1000, 10/s, 1m20s left\n" +
		"delivering: 50 of 1000, 10/s, 1m35s left\n"
	if errs.String() != want {
		t.Errorf("said\n%swant\n%s", &errs, want)
	}
}

// Where the rest only waits for its time, it is said when that is.
func TestProgressSaysWhenTheNextIsDue(t *testing.T) {
	began := time.Date(2026, 11, 26, 9, 0, 0, 0, time.Local)
	now := began
	var errs bytes.Buffer
	a := &app{err: &errs, now: func() time.Time { return now }}
	p := a.progress("delivering")
	p.setReady(10, 50, 40)
	for _, due := range []time.Duration{time.Hour, 20 * time.Second} { // the second is over by then
		now = now.Add(30 * time.Second)
		p.next = nextOf(
			mailer.Tally{NextDue: began.Add(2 * time.Hour)},
			mailer.Tally{NextDue: began.Add(due)},
			mailer.Tally{})
		p.setReady(10, 50, 40)
	}
	now = now.Add(time.Minute)
	p.next = nextOf(mailer.Tally{NextDue: began.Add(time.Hour)}, mailer.Tally{Due: 1})
	p.setReady(10, 50, 40)
	want := "delivering: 10 of 50, nothing for 30s, the next at 10:00:00\n" +
		"delivering: 10 of 50, nothing for 1m0s\n" +
		"delivering: 10 of 50, nothing for 2m0s\n"
	if errs.String() != want {
		t.Errorf("said\n%swant\n%s", &errs, want)
	}
}

// Of fifty mails one waits for its time and one is on its way to a server that says
// nothing for minutes. The time left is only of what can go, and is not said while
// nothing does.
func TestProgressSaysNoTimeThatIsNotKnown(t *testing.T) {
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	var errs bytes.Buffer
	a := &app{err: &errs, now: func() time.Time { return now }}
	p := a.progress("delivering")
	for seconds := range int64(300) {
		done := min(4*seconds, 48)
		p.setReady(done, 50, 49-done)
		now = now.Add(time.Second)
	}
	p.setReady(49, 50, 0)
	now = now.Add(time.Hour)
	p.setReady(49, 50, 0)
	want := `delivering: 20 of 50, 4/s, 7s left
delivering: 40 of 50, 4/s, 2s left
delivering: 48 of 50, 3/s, 1s left
delivering: 48 of 50, 2/s, 1s left
delivering: 48 of 50, nothing for 16s
delivering: 48 of 50, nothing for 32s
delivering: 48 of 50, nothing for 1m4s
delivering: 48 of 50, nothing for 2m8s
delivering: 48 of 50, nothing for 4m16s
delivering: 49 of 50, 0/s
delivering: 49 of 50, 0/s
`
	if errs.String() != want {
		t.Errorf("said\n%swant\n%s", &errs, want)
	}
}
