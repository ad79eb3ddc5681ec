package store

import (
	"database/sql"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// signUp asks as a page does: for the subscriber of the address, or a new one.
func (c *club) signUp(email string, choices newsletter.Choices) (newsletter.ID, bool) {
	c.t.Helper()
	id, kind := newsletter.NewID(), mailer.ConfirmNotice
	if sub, err := c.Subscriber(c.ctx, newsletter.Address(email)); err == nil {
		id = sub.ID
		if sub.State == newsletter.Active {
			kind = mailer.AlreadyNotice
		}
	}
	return id, c.signUpAs(id, kind, email, choices)
}

func (c *club) signUpAs(id newsletter.ID, kind mailer.NoticeKind, email string, choices newsletter.Choices) bool {
	c.t.Helper()
	request, key := newsletter.ID(0), "already "+id.String()+c.now.Format(time.DateOnly)
	if kind == mailer.ConfirmNotice {
		request = newsletter.NewID()
		key = "confirm " + request.String()
	}
	queued, err := c.SignUp(c.ctx, NewSubscriber{ID: id, Email: newsletter.Address(email), Name: choices.Name,
		Cadence: choices.Cadence, Topics: choices.Topics, State: newsletter.Pending,
		Consent: newsletter.Consent{At: c.now, Action: newsletter.Asked, Method: newsletter.ByForm, Text: "Yes.", Source: "192.0.2.7"},
	}, mailer.Notice{Key: key, Kind: kind, Subscriber: id, Request: request,
		Mould: []byte("mould"), Expires: c.now.Add(time.Hour)}, c.now)
	c.ok(err)
	c.sound()
	return queued
}

func (c *club) count(query string, args ...any) (n int) {
	c.t.Helper()
	c.ok(c.read(c.ctx, "count", func(tx *sql.Tx) error { return tx.QueryRow(query, args...).Scan(&n) }))
	return n
}

func TestSignUp(t *testing.T) {
	for _, test := range []struct {
		state  newsletter.State // "": not on the list
		after  newsletter.State
		queued bool
	}{
		{"", newsletter.Pending, true},
		{newsletter.Pending, newsletter.Pending, true},
		{newsletter.Active, newsletter.Active, true},
		{newsletter.Unsubscribed, newsletter.Unsubscribed, true},
		{newsletter.Bounced, newsletter.Bounced, false},
		{newsletter.Complained, newsletter.Complained, false},
		{newsletter.Erased, newsletter.Pending, true},
	} {
		t.Run(string(test.state), func(t *testing.T) {
			c := newClub(t)
			if test.state != "" {
				c.join("ada@example.org", newsletter.Weekly)
				c.change("ada@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber {
					if test.state == newsletter.Erased {
						return s.Erase(c.now)
					}
					s.State, s.Changed = test.state, c.now
					return s
				})
			}
			_, queued := c.signUp("ada@example.org", newsletter.Choices{Name: "Buy now", Cadence: newsletter.Daily})
			sub := c.get("ada@example.org")
			if queued != test.queued || sub.State != test.after {
				t.Errorf("queued %t, %+v", queued, sub)
			}
			if chosen := sub.Cadence == newsletter.Daily; chosen != (test.state == "" || test.state == newsletter.Erased) {
				t.Errorf("what a stranger chose for one who is %s: %+v", sub.State, sub)
			}
			asked := c.count(`SELECT asked FROM house`)
			if _, again := c.signUp("ada@example.org", newsletter.Choices{Cadence: newsletter.Weekly}); again {
				t.Error("two mails on one day")
			}
			if c.count(`SELECT asked FROM house`) != asked+1 {
				t.Error("the second asking made no commit")
			}
		})
	}
}

func TestSignUpOfComplainerErasedSince(t *testing.T) {
	c := newClub(t)
	c.join("ada@example.org", newsletter.Weekly)
	c.change("ada@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber { return s.Complain(c.now) })
	c.change("ada@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber { return s.Erase(c.now) })
	if _, queued := c.signUp("ada@example.org", newsletter.Choices{Cadence: newsletter.Weekly}); queued {
		t.Error("one who complained is asked again")
	}
	if n := c.count(`SELECT count(*) FROM subscriber WHERE state <> 'erased'`); n != 0 {
		t.Errorf("%d came back", n)
	}
}

// What another asks at the same moment goes first; this one's mail is dropped.
func TestSignUpBesideAnother(t *testing.T) {
	c := newClub(t)
	choices := newsletter.Choices{Cadence: newsletter.Weekly}
	if first, _ := c.signUp("ada@example.org", choices); first == 0 {
		t.Fatal("no subscriber")
	}
	if c.signUpAs(newsletter.NewID(), mailer.ConfirmNotice, "ada@example.org", choices) {
		t.Error("a mail for a subscriber who does not exist was queued")
	}
	sub := c.join("ida@example.org", newsletter.Weekly)
	if c.signUpAs(sub.ID, mailer.ConfirmNotice, "ida@example.org", choices) {
		t.Error("one who has confirmed meanwhile is asked again")
	}
	c.change("ida@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber { return s.Leave(c.now) })
	if c.signUpAs(sub.ID, mailer.AlreadyNotice, "ida@example.org", choices) {
		t.Error("one who has left meanwhile is told that they have subscribed")
	}
}

func TestSignUpRecordsWhatEachMailAsks(t *testing.T) {
	c := newClub(t)
	for range 3 {
		for range 5 {
			c.signUp("ada@example.org", newsletter.Choices{Cadence: newsletter.Weekly})
		}
		c.now = c.now.AddDate(0, 0, 1)
	}
	consents, err := c.Consents(c.ctx, c.get("ada@example.org").ID)
	c.ok(err)
	if len(consents) != 3 || consents[0].Action != newsletter.Asked || consents[0].Source != "192.0.2.7" {
		t.Errorf("15 askings on three days left %+v", consents)
	}
}

// requests are the ids in the links that were mailed, in the order of their keys.
func (c *club) requests() (ids []newsletter.ID) {
	c.t.Helper()
	claimed, err := c.Claim(c.ctx, c.worker, c.now, 10)
	c.ok(err)
	for _, d := range claimed {
		id, err := newsletter.ParseID(strings.TrimPrefix(d.IssueID, "confirm "))
		c.ok(err)
		ids = append(ids, id)
		if c.intend(d) == mailer.Recorded {
			c.record(mailer.Entry{Key: d.Key, State: mailer.Sent, At: c.now})
		}
	}
	return ids
}

func (c *club) confirm(request newsletter.ID) (newsletter.Subscriber, error) {
	c.t.Helper()
	return c.Confirm(c.ctx, request, newsletter.Consent{At: c.now, Action: newsletter.Confirmed,
		Method: newsletter.ByDoubleOptIn, Text: "Yes."}, Joining{}, c.now)
}

// Who leaves is asked again when they want to come back, on the same day too; what was
// asked before they left does nothing, whoever writes their address into the form.
func TestLeavingAndComingBackOnOneDay(t *testing.T) {
	c := newClub(t)
	choices := newsletter.Choices{Cadence: newsletter.Weekly}
	c.signUp("ada@example.org", choices)
	first := c.requests()[0]
	for range 2 { // the second time it is no change
		if sub, err := c.confirm(first); err != nil || sub.State != newsletter.Active {
			t.Fatalf("%+v, %v", sub, err)
		}
	}
	c.change("ada@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber { return s.Leave(c.now) })
	if _, queued := c.signUp("ada@example.org", choices); !queued {
		t.Fatal("one who has left is not asked again")
	}
	if _, queued := c.signUp("ada@example.org", choices); queued {
		t.Error("one who has left is asked twice")
	}
	if _, err := c.confirm(first); !errors.Is(err, ErrNotFound) {
		t.Errorf("the link of before: %v, want ErrNotFound", err)
	}
	if got := c.get("ada@example.org").State; got != newsletter.Unsubscribed {
		t.Errorf("the link of before made the reader %s", got)
	}
	second := c.requests()[0]
	if n := c.count(`SELECT count(*) FROM notice WHERE state = 'sent'`); n != 2 {
		t.Errorf("%d of two mails were sent", n)
	}
	if sub, err := c.confirm(second); err != nil || sub.State != newsletter.Active {
		t.Errorf("%+v, %v", sub, err)
	}
	consents, err := c.Consents(c.ctx, c.get("ada@example.org").ID)
	c.ok(err)
	if len(consents) != 4 {
		t.Errorf("two askings and two answers left %+v", consents)
	}
	c.sound()
}

// A stranger who enters an address changes nothing of what is known of its reader.
func TestStrangersChangeNothing(t *testing.T) {
	for _, state := range []newsletter.State{newsletter.Pending, newsletter.Unsubscribed} {
		c := newClub(t)
		c.join("ada@example.org", newsletter.Weekly, "go")
		before := c.change("ada@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber {
			s.State, s.Changed = state, c.now
			return s
		})
		c.now = c.now.Add(time.Hour)
		c.signUp("ada@example.org", newsletter.Choices{Name: "Win money", Cadence: newsletter.Daily})
		c.now = c.now.AddDate(0, 0, 1)
		c.signUp("ada@example.org", newsletter.Choices{Name: "Ada", Cadence: newsletter.Monthly, Topics: []string{"c"}})
		if after := c.get("ada@example.org"); !reflect.DeepEqual(after, before) {
			t.Errorf("%s: became %+v", state, after)
		}
		asked := c.requests()
		for i, want := range []string{"Win money", "Ada"} {
			if r, err := c.Request(c.ctx, asked[i]); err != nil || r.Asked.Name != want || r.State != state {
				t.Errorf("%s: the request is %+v, %v", state, r, err)
			}
		}
		sub, err := c.confirm(asked[1])
		c.ok(err)
		if sub.State != newsletter.Active || sub.Name != "Ada" || sub.Cadence != newsletter.Monthly || !slices.Equal(sub.Topics, []string{"c"}) {
			t.Errorf("%s: confirmed %+v", state, sub)
		}
		if sub, err = c.confirm(asked[0]); err != nil || sub.Name != "Ada" {
			t.Errorf("%s: confirmed once more %+v, %v", state, sub, err)
		}
		c.sound()
	}
}

// What was asked for and not mailed yet is not mailed to who leaves.
func TestLeavingStopsTheMailThatAsks(t *testing.T) {
	c := newClub(t)
	c.signUp("ada@example.org", newsletter.Choices{Cadence: newsletter.Weekly})
	claimed, err := c.Claim(c.ctx, c.worker, c.now, 10)
	c.ok(err)
	c.change("ada@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber { return s.Leave(c.now) })
	if v := c.intend(claimed[0]); v != mailer.Refused {
		t.Errorf("intent: %v", v)
	}
	c.sound()
}

// A confirmation greets nobody: the name is whatever a stranger wrote.
func TestNoWordOfAStrangerIsMailed(t *testing.T) {
	c := newClub(t)
	c.signUp("ada@example.org", newsletter.Choices{Name: "Win money at example.com", Cadence: newsletter.Weekly})
	claimed, err := c.Claim(c.ctx, c.worker, c.now, 10)
	c.ok(err)
	if len(claimed) != 1 || claimed[0].To != "ada@example.org" || strings.Contains(claimed[0].Name, "money") {
		t.Errorf("claimed %+v", claimed)
	}
}

func TestWhoLeavesTwiceHasLeftOnce(t *testing.T) {
	c := newClub(t)
	sub := c.join("ada@example.org", newsletter.Weekly)
	for range 3 {
		c.now = c.now.Add(time.Minute)
		c.change("ada@example.org", Record{Consent: &newsletter.Consent{At: c.now, Action: newsletter.Withdrew, Method: newsletter.ByOneClick}},
			func(s newsletter.Subscriber) newsletter.Subscriber { return s.Leave(c.now) })
	}
	consents, err := c.Consents(c.ctx, sub.ID)
	c.ok(err)
	events, err := c.Events(c.ctx, sub.ID)
	c.ok(err)
	if len(consents) != 2 || len(events) != 1 {
		t.Errorf("%+v, %+v", consents, events)
	}
}
