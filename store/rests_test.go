package store

import (
	"slices"
	"testing"
	"time"

	"postrider/mailer"
)

// Which domains rest is known to all who work the outbox, until it is forgiven or over.
func TestDomainRests(t *testing.T) {
	c := newClub(t)
	rest := func(domain string, after time.Duration, strikes int) mailer.DomainRest {
		return mailer.DomainRest{Domain: domain, Until: c.now.Add(after), Strikes: strikes}
	}
	note := func(rests ...mailer.DomainRest) {
		t.Helper()
		c.ok(c.NoteRests(c.ctx, c.now, rests))
	}
	want := func(what string, rests ...mailer.DomainRest) {
		t.Helper()
		got, err := c.DomainRests(c.ctx, c.now)
		if err != nil || !slices.Equal(got, rests) {
			t.Errorf("%s: %+v, %v; want %+v", what, got, err, rests)
		}
	}
	want("at first")
	a, b := rest("a.example", time.Minute, 1), rest("b.example", 4*time.Minute, 3)
	note(b, a)
	want("once noted", a, b)
	note(rest("b.example", time.Minute, 1)) // by who had not heard of it
	want("after a shorter one", a, b)
	longer := rest("a.example", 2*time.Minute, 1)
	note(longer)
	want("after a longer one", longer, b)
	note(mailer.DomainRest{Domain: "a.example"}, mailer.DomainRest{Domain: "unknown.example"})
	want("forgiven by who had not heard of the last", longer, b)
	c.now = c.now.Add(3 * time.Minute)
	note(mailer.DomainRest{Domain: "a.example"})
	want("once forgiven", b)
	c.now = b.Until.Add(mailer.MaxPause)
	want("for who begins later", b)
	c.sound()
	c.now = c.now.Add(time.Second)
	want("long after")
	if n, err := c.Tidy(c.ctx, c.now, 10); n != 1 || err != nil {
		t.Errorf("tidied away: %d, %v", n, err)
	}
}

// What a clock noted that ran ahead has no domain rest for a year, and is in nobody's way.
func TestDomainRestsAhead(t *testing.T) {
	c := newClub(t)
	now := c.now
	c.now = now.Add(year)
	var ahead []mailer.DomainRest
	for _, domain := range []string{"a.example", "b.example"} {
		ahead = append(ahead, mailer.DomainRest{Domain: domain, Until: c.now.Add(time.Minute), Strikes: 1})
	}
	c.ok(c.NoteRests(c.ctx, c.now, ahead))
	c.now = now
	if rests, err := c.DomainRests(c.ctx, c.now); len(rests) != 0 || err != nil {
		t.Errorf("they rest: %+v, %v", rests, err)
	}
	right := mailer.DomainRest{Domain: "a.example", Until: c.now.Add(time.Minute), Strikes: 2}
	c.ok(c.NoteRests(c.ctx, c.now, []mailer.DomainRest{right}))
	if rests, err := c.DomainRests(c.ctx, c.now); !slices.Equal(rests, []mailer.DomainRest{right}) || err != nil {
		t.Errorf("noted anew: %+v, %v", rests, err)
	}
	if n, err := c.Tidy(c.ctx, c.now, 1); n != 1 || err != nil {
		t.Errorf("tidied away: %d, %v", n, err)
	}
}
