package store

import (
	"testing"
	"time"

	"postrider/mailer"
)

// The oldest trouble of those that live is told, until it is over or they are gone.
func TestTrouble(t *testing.T) {
	c := newClub(t)
	first, second := c.enlist(c.Store), c.enlist(c.Store)
	expect := func(words string) {
		t.Helper()
		if got, err := c.Trouble(c.ctx, c.now); err != nil || got.Words != words || got.Since.IsZero() != (words == "") {
			t.Errorf("got %+v, %v; want %q", got, err, words)
		}
	}
	expect("")
	c.ok(c.NoteTrouble(c.ctx, first, mailer.Trouble{Since: c.now, Words: "no route"}))
	c.ok(c.NoteTrouble(c.ctx, second, mailer.Trouble{Since: c.now.Add(-time.Second), Words: "refused"}))
	expect("refused")
	c.ok(c.NoteTrouble(c.ctx, second, mailer.Trouble{}))
	expect("no route")
	c.now = c.now.Add(2 * time.Hour)
	expect("") // its lease has run out
	c.now = c.now.Add(-2 * time.Hour)
	c.ok(c.Release(c.ctx, first))
	c.ok(c.NoteTrouble(c.ctx, first, mailer.Trouble{Since: c.now, Words: "too late"}))
	expect("")
}
