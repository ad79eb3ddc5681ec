package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

func TestAddSubscriber(t *testing.T) {
	c := newClub(t)
	sub := c.join("Ada@example.org", newsletter.Weekly, "go", "sql")
	got, err := c.SubscriberByID(c.ctx, sub.ID)
	c.ok(err)
	if got.Email != "Ada@example.org" || got.State != newsletter.Active || !slices.Equal(got.Topics, []string{"go", "sql"}) ||
		!got.Created.Equal(c.now) {
		t.Errorf("got %+v", got)
	}
	if again := c.get("ada@EXAMPLE.org"); again.ID != sub.ID {
		t.Errorf("the address in another case is %v, want %v", again.ID, sub.ID)
	}
	if _, joined, err := c.AddSubscriber(c.ctx, c.newcomer("aDA@example.org", newsletter.Daily), c.now); err != nil || joined != Unchanged {
		t.Errorf("added again: %s, %v", joined, err)
	}
	c.join("Äda@example.org", newsletter.Weekly)
	if _, joined, _ := c.AddSubscriber(c.ctx, c.newcomer("äda@example.org", newsletter.Weekly), c.now); joined != Unchanged {
		t.Error("two subscribers differ only in the case of a letter beyond ASCII")
	}
	record, err := c.Consents(c.ctx, sub.ID)
	c.ok(err)
	if want := consent(c.now); len(record) != 1 || record[0] != want {
		t.Errorf("consent is %+v, want %+v", record, want)
	}
	if _, err := c.Subscriber(c.ctx, "nobody@example.org"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	c.sound()
}

func TestStartCursor(t *testing.T) {
	c := newClub(t)
	c.join("first@example.org", newsletter.Weekly)
	c.publish()
	c.now = c.now.AddDate(0, 0, 2)
	c.site.now = c.now
	c.publish()
	tests := []struct {
		name    string
		joining Joining
		want    int64
	}{
		{"a long period brings everything", Joining{"weekly", c.now.AddDate(0, 0, -7)}, 0},
		{"a short one only the last", Joining{"daily", c.now.AddDate(0, 0, -1)}, 1},
		{"no digest, no period", Joining{"", c.now.Add(time.Second)}, 2},
	}
	for _, test := range tests {
		if got, err := c.StartCursor(c.ctx, test.joining); err != nil || got != test.want {
			t.Errorf("%s: %d, %v, want %d", test.name, got, err, test.want)
		}
	}
	c.cut(newsletter.Weekly)
	if got, err := c.StartCursor(c.ctx, tests[0].joining); err != nil || got != 2 {
		t.Errorf("after a cut: %d, %v, want 2", got, err)
	}
	c.now = c.now.AddDate(0, 0, 9)
	if got, _ := c.StartCursor(c.ctx, Joining{"daily", c.now.AddDate(0, 0, -1)}); got != 2 {
		t.Errorf("nothing new in the period: %d, want 2", got)
	}
}

// TestComingBack walks through who may come back by whose word.
func TestComingBack(t *testing.T) {
	leave := map[newsletter.State]func(newsletter.Subscriber, time.Time) newsletter.Subscriber{
		newsletter.Unsubscribed: newsletter.Subscriber.Leave,
		newsletter.Bounced:      newsletter.Subscriber.Bounce,
		newsletter.Complained:   newsletter.Subscriber.Complain,
		newsletter.Erased:       newsletter.Subscriber.Erase,
	}
	tests := []struct {
		left newsletter.State
		as   newsletter.State // what they are added as
		want Joined           // "" is refused
	}{
		{newsletter.Unsubscribed, newsletter.Pending, Rejoined},
		{newsletter.Unsubscribed, newsletter.Active, ""},
		{newsletter.Bounced, newsletter.Pending, ""},
		{newsletter.Bounced, newsletter.Active, Rejoined},
		{newsletter.Complained, newsletter.Pending, ""},
		{newsletter.Complained, newsletter.Active, ""},
		{newsletter.Erased, newsletter.Pending, Created},
		{newsletter.Erased, newsletter.Active, ""},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s as %s", test.left, test.as), func(t *testing.T) {
			c := newClub(t)
			c.join("ada@example.org", newsletter.Weekly)
			c.change("ada@example.org", Record{Detail: "why"}, func(s newsletter.Subscriber) newsletter.Subscriber {
				return leave[test.left](s, c.now)
			})
			c.sound()
			n := c.newcomer("ada@example.org", newsletter.Daily)
			n.State = test.as
			sub, joined, err := c.AddSubscriber(c.ctx, n, c.now)
			if test.want == "" {
				if err == nil {
					t.Fatalf("came back: %+v", sub)
				}
				return
			}
			c.ok(err)
			if joined != test.want || sub.State != test.as || sub.Cadence != newsletter.Daily {
				t.Errorf("%s: %+v", joined, sub)
			}
			if test.as == newsletter.Pending {
				sub = c.change("ada@example.org", Record{By: newsletter.OptIn}, func(s newsletter.Subscriber) newsletter.Subscriber {
					s, err := s.Confirm(newsletter.OptIn, c.now)
					c.ok(err)
					return s
				})
			}
			if _, still, _ := c.Suppression(c.ctx, "ada@example.org"); still || sub.State != newsletter.Active {
				t.Errorf("suppressed %v, %+v", still, sub)
			}
			c.sound()
		})
	}
}

func TestPendingOneIsNotConfirmedForThem(t *testing.T) {
	c := newClub(t)
	c.join("ada@example.org", newsletter.Weekly)
	c.change("ada@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber { return s.Leave(c.now) })
	n := c.newcomer("ada@example.org", newsletter.Weekly)
	n.State = newsletter.Pending
	_, _, err := c.AddSubscriber(c.ctx, n, c.now)
	c.ok(err)
	n.State = newsletter.Active
	if _, _, err := c.AddSubscriber(c.ctx, n, c.now); !errors.Is(err, ErrSuppressed) {
		t.Errorf("the operator confirms who has left: %v, want ErrSuppressed", err)
	}
	if got := c.get("ada@example.org").State; got != newsletter.Pending {
		t.Errorf("state %s, want pending", got)
	}
}

func TestErase(t *testing.T) {
	c := newClub(t)
	sub := c.join("ada@example.org", newsletter.Weekly, "go")
	c.publish("go")
	issue := c.cut(newsletter.Weekly)
	_, err := c.AddNotice(c.ctx, mailer.Notice{Key: "welcome", Kind: "welcome", Subscriber: sub.ID,
		Mould: []byte("Dear Ada"), Expires: c.now.Add(time.Hour)}, c.now)
	c.ok(err)
	c.change("ada@example.org", Record{Detail: "ada@example.org asked"}, func(s newsletter.Subscriber) newsletter.Subscriber {
		return s.Erase(c.now)
	})
	if mail := c.deliver(); len(mail) > 0 {
		t.Errorf("mailed after erasing: %q", mail)
	}
	got, err := c.SubscriberByID(c.ctx, sub.ID)
	c.ok(err)
	if got.State != newsletter.Erased || got.Email != "" || got.Topics != nil {
		t.Errorf("left of the erased: %+v", got)
	}
	if is, _ := c.Issue(c.ctx, issue); is.State != newsletter.Finished {
		t.Errorf("the issue is %s, want finished", is.State)
	}
	sup, ok, err := c.Suppression(c.ctx, "ADA@example.org")
	if err != nil || !ok || sup.Reason != newsletter.Erased || sup.Email != "" {
		t.Errorf("suppression %+v, %v, %v", sup, ok, err)
	}
	dump := value[string](t, c.Store, `SELECT group_concat(x) FROM (
		SELECT email || name || topics AS x FROM subscriber UNION ALL SELECT source FROM consent
		UNION ALL SELECT detail FROM event UNION ALL SELECT hex(mould) FROM notice UNION ALL SELECT reply FROM delivery
		UNION ALL SELECT email || detail FROM suppression)`)
	if strings.Contains(strings.ToLower(dump), "ada") || strings.Contains(dump, "192.0.2.1") {
		t.Errorf("personal data is left: %s", dump)
	}
	if record, _ := c.Consents(c.ctx, sub.ID); len(record) != 1 || record[0].Text == "" {
		t.Errorf("the consent itself is kept: %+v", record)
	}
	c.sound()
}

func TestConsentIsAppendOnly(t *testing.T) {
	c := newClub(t)
	c.join("ada@example.org", newsletter.Weekly)
	for _, statement := range []string{`DELETE FROM consent`, `UPDATE consent SET action = 'withdrew'`} {
		if _, err := c.writer.ExecContext(c.ctx, statement); err == nil {
			t.Errorf("%s was done", statement)
		}
	}
}

func TestEventsAndHistory(t *testing.T) {
	c := newClub(t)
	sub := c.join("ada@example.org", newsletter.Weekly)
	c.publish()
	issue := c.cut(newsletter.Weekly)
	c.deliver()
	c.change("ada@example.org", Record{Detail: "by the link", Issue: issue},
		func(s newsletter.Subscriber) newsletter.Subscriber { return s.Leave(c.now) })
	events, err := c.Events(c.ctx, sub.ID)
	c.ok(err)
	if want := (Event{c.now, "unsubscribed", "by the link", issue}); len(events) != 1 || events[0] != want {
		t.Errorf("events %+v, want %+v", events, want)
	}
	history, err := c.History(c.ctx, sub.ID)
	c.ok(err)
	if len(history) != 1 || history[0].Issue != issue || history[0].State != mailer.Sent || history[0].Reply != "250 ok" {
		t.Errorf("history %+v", history)
	}
}

func TestSubscribersStream(t *testing.T) {
	c := newClub(t)
	var rows []NewRow
	for i := range 2*page + 1 {
		rows = append(rows, NewRow{Line: i, Email: newsletter.Address(fmt.Sprintf("r%05d@example.org", i)),
			Cadence: newsletter.Cadences()[i%2], Topics: [][]string{nil, {"go"}, {"sql"}}[i%3]})
	}
	c.importRows(rows, nil)
	count := func(q SubscriberQuery) (n int) {
		for _, err := range c.Subscribers(c.ctx, q) {
			c.ok(err)
			n++
		}
		return n
	}
	tests := []struct {
		name string
		q    SubscriberQuery
		want int
	}{
		{"all", SubscriberQuery{}, 2001},
		{"a cadence", SubscriberQuery{Cadence: newsletter.Daily}, 1000},
		{"a topic and who takes all", SubscriberQuery{Topic: "go"}, 1334},
		{"a state nobody has", SubscriberQuery{States: []newsletter.State{newsletter.Bounced, newsletter.Pending}}, 0},
	}
	for _, test := range tests {
		if got := count(test.q); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
	for range c.Subscribers(c.ctx, SubscriberQuery{}) {
		break // leaves nothing open
	}
	counts, err := c.CountSubscribers(c.ctx)
	c.ok(err)
	if counts[newsletter.Active][newsletter.Daily] != 1000 {
		t.Errorf("counts %v", counts)
	}
}
