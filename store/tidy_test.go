package store

import (
	"errors"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// An address that somebody typed into a form and nobody confirmed is forgotten once no
// link can confirm it, and is free: its owner or the operator may put it on the list.
func TestStraysAreForgotten(t *testing.T) {
	c := newClub(t)
	choices := newsletter.Choices{Name: "Eve", Cadence: newsletter.Weekly}
	stray, _ := c.signUp("eve@example.org", choices)
	c.signUp("ada@example.org", choices)
	ada := c.requests()
	late := c.now
	c.now = c.now.AddDate(0, 0, 1)
	c.signUp("late@example.org", choices) // whose second link is still good
	c.now = late
	c.signUp("late@example.org", choices)
	invited := c.newcomer("invited@example.org", newsletter.Weekly)
	invited.State = newsletter.Pending
	_, _, err := c.AddSubscriber(c.ctx, invited, c.now)
	c.ok(err)
	for _, id := range ada {
		if asked, err := c.Request(c.ctx, id); err == nil && asked.Email == "ada@example.org" {
			_, err = c.confirm(id)
			c.ok(err)
		}
	}
	tidy := func(after time.Duration) {
		t.Helper()
		for removed := int64(1); removed > 0; {
			removed, err = c.Tidy(c.ctx, late.Add(after), 2)
			c.ok(err)
		}
	}
	known := func(email string) bool {
		t.Helper()
		_, err := c.Subscriber(c.ctx, newsletter.Address(email))
		if err != nil && !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
		return err == nil
	}
	tidy(23 * time.Hour)
	if !known("eve@example.org") || c.signUpAs(stray, mailer.ConfirmNotice, "eve@example.org", choices) {
		t.Error("forgotten on the same day, or asked twice on it")
	}
	tidy(25 * time.Hour)
	for email, want := range map[string]bool{
		"eve@example.org": false, "ada@example.org": true, "late@example.org": true, "invited@example.org": true,
	} {
		if known(email) != want {
			t.Errorf("%s is known: %t", email, !want)
		}
	}
	if n := c.count(`SELECT count(*) FROM suppression`) + c.count(`SELECT count(*) FROM consent WHERE source = '192.0.2.7'
		AND subscriber_id = (SELECT id FROM subscriber WHERE ref = ?)`, stray); n != 0 {
		t.Errorf("%d suppressions and places of who never agreed", n)
	}
	if n := c.count(`SELECT count(*) FROM consent WHERE subscriber_id = (SELECT id FROM subscriber WHERE ref = ?)`, stray); n != 1 {
		t.Errorf("%d consents are kept of one that was asked for", n)
	}
	c.join("eve@example.org", newsletter.Weekly)
	c.sound()
}
