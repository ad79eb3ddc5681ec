package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// readers adds n weekly readers.
func (c *club) readers(n int) {
	c.t.Helper()
	var rows []NewRow
	for i := range n {
		rows = append(rows, NewRow{Line: i, Email: newsletter.Address(fmt.Sprintf("r%06d@example.org", i))})
	}
	c.importRows(rows, nil)
}

// one makes an issue with one delivery and claims it.
func (c *club) one() (issue string, d mailer.Delivery) {
	c.t.Helper()
	c.join("ada@example.org", newsletter.Weekly)
	c.publish()
	issue = c.cut(newsletter.Weekly)
	claimed := c.claim(10)
	if len(claimed) != 1 {
		c.t.Fatalf("claimed %+v, want one delivery", claimed)
	}
	return issue, claimed[0]
}

// row is what the ledger says of the only delivery of an issue.
func (c *club) row(issue string) DeliveryRow {
	c.t.Helper()
	for row, err := range c.Deliveries(c.ctx, issue, nil) {
		c.ok(err)
		return row
	}
	c.t.Fatal("the issue has no delivery")
	return DeliveryRow{}
}

func (c *club) intend(d mailer.Delivery) mailer.Verdict {
	c.t.Helper()
	return c.record(mailer.Entry{Key: d.Key, State: mailer.Sending, At: c.now})[0]
}

func TestClaim(t *testing.T) {
	c := newClub(t)
	issue, d := c.one()
	sub := c.get("ada@example.org")
	if d.IssueID != issue || d.Subscriber != sub.ID || d.To != "ada@example.org" || d.Attempt != 1 || d.Uncertain ||
		!d.Expires.Equal(c.now.Add(72*time.Hour)) {
		t.Errorf("claimed %+v", d)
	}
	mould, err := c.Mould(c.ctx, d.Mould)
	if err != nil || len(mould) == 0 {
		t.Errorf("mould %q, %v", mould, err)
	}
	if again := c.claim(10); len(again) != 0 {
		t.Errorf("claimed twice: %+v", again)
	}
	c.ok(c.Release(c.ctx, c.worker))
	if _, err := c.Claim(c.ctx, c.worker, c.now, 1); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("a worker that was struck off: %v, want ErrLeaseLost", err)
	}
	c.worker = c.enlist(c.Store)
	if again := c.claim(10); len(again) != 1 || again[0].Uncertain {
		t.Errorf("after its release %+v", again)
	}
	c.sound()
}

// What a worker gives back is due behind all others, as it was before.
func TestClaimTakesBack(t *testing.T) {
	c := newClub(t)
	c.readers(6)
	c.publish()
	issue := c.cut(newsletter.Weekly)
	first := c.claim(3)
	c.now = c.now.Add(time.Second)
	other := c.enlist(c.Store)
	c.intend(first[1])
	got, err := c.Claim(c.ctx, other, c.now, 1, first[0].Key) // not its own
	c.ok(err)
	again, err := c.Claim(c.ctx, c.worker, c.now, 10, first[0].Key, first[1].Key)
	c.ok(err)
	want := []newsletter.Address{"r000004@example.org", "r000005@example.org", first[0].To}
	if len(got) != 1 || got[0].To != "r000003@example.org" || len(again) != 3 ||
		!slices.Equal([]newsletter.Address{again[0].To, again[1].To, again[2].To}, want) || again[2].Attempt != 1 {
		t.Errorf("%+v, then %+v", got, again)
	}
	states := map[mailer.DeliveryState]int{}
	for row, err := range c.Deliveries(c.ctx, issue, nil) {
		c.ok(err)
		states[row.State]++
	}
	if states[mailer.Queued] != 5 || states[mailer.Sending] != 1 {
		t.Errorf("the ledger says %v", states)
	}
	c.sound()
}

// What a claim gives is what it holds, however rows that are due at one time stand
// among others.
func TestClaimHoldsWhatItGives(t *testing.T) {
	c := newClub(t)
	c.readers(2000)
	c.publish()
	c.cut(newsletter.Weekly)
	due := c.now.UnixMilli()
	// Two times far apart in the list, one in a part of it, one for every tenth, some
	// later and some done.
	run(t, c.Store, fmt.Sprintf(`UPDATE delivery SET due_at = CASE
		WHEN subscriber_id BETWEEN 500 AND 900 THEN %[1]d - 2
		WHEN subscriber_id %% 10 = 0 THEN %[1]d - 1
		WHEN subscriber_id %% 7 = 0 THEN %[1]d + 1
		ELSE %[1]d - 3 * (subscriber_id > 1500) END`, due))
	run(t, c.Store, `UPDATE delivery SET state = 'sent', open = 0, due_at = NULL WHERE subscriber_id % 11 = 0`)
	want := value[int](t, c.Store, `SELECT count(*) FROM delivery WHERE open AND due_at <= `+fmt.Sprint(due))
	workers := []int64{c.worker, c.enlist(c.Store)}
	given := make([]int, len(workers))
	for i := 0; ; i++ {
		w := i % len(workers)
		got, err := c.Claim(c.ctx, workers[w], c.now, 150+i)
		c.ok(err)
		if len(got) == 0 {
			break
		}
		given[w] += len(got)
		for _, d := range got {
			if holder := value[int64](t, c.Store, fmt.Sprintf(
				`SELECT coalesce(worker_id, 0) FROM delivery WHERE subscriber_id = %d`, d.Key.Recipient)); holder != workers[w] {
				t.Fatalf("claim %d gave %d, which worker %d holds", i, d.Key.Recipient, holder)
			}
		}
		held := value[int](t, c.Store, fmt.Sprintf(`SELECT count(*) FROM delivery WHERE worker_id = %d`, workers[w]))
		if held != given[w] {
			t.Fatalf("after claim %d the worker holds %d and was given %d", i, held, given[w])
		}
	}
	if given[0]+given[1] != want {
		t.Errorf("given %d, want %d", given, want)
	}
}

func TestClaimIsFair(t *testing.T) {
	c := newClub(t)
	c.readers(100)
	large := c.send(c.publish(), false)
	for i := range 3 {
		c.join(fmt.Sprintf("daily%d@example.org", i), newsletter.Daily)
	}
	c.publish()
	small := c.cut(newsletter.Daily)
	count := make(map[string]int)
	for _, d := range c.claim(20) {
		count[d.IssueID]++
	}
	if count[small] != 3 || count[large] != 17 {
		t.Errorf("claimed %v, want the 3 of %s and 17 of %s", count, small, large)
	}
	// A limit smaller than the number of issues still reaches each in turn.
	other := c.send(c.publish(), false)
	count = make(map[string]int)
	for range 20 {
		c.now = c.now.Add(time.Millisecond)
		for _, d := range c.claim(1) {
			count[d.IssueID]++
		}
	}
	if count[large] == 0 || count[other] == 0 {
		t.Errorf("one by one %v", count)
	}
}

func TestOutcomes(t *testing.T) {
	later := monday.Add(time.Hour)
	tests := []struct {
		name  string
		entry mailer.Entry
		want  mailer.DeliveryState
		due   time.Time
		issue newsletter.IssueState
	}{
		{"sent", mailer.Entry{State: mailer.Sent, Reply: "250 ok"}, mailer.Sent, time.Time{}, newsletter.Finished},
		{"refused", mailer.Entry{State: mailer.Failed, Reason: "refused", Reply: "550 no"}, mailer.Failed, time.Time{}, newsletter.Finished},
		{"deferred", mailer.Entry{State: mailer.Deferred, Due: later, Reply: "451"}, mailer.Deferred, later, newsletter.Sending},
		{"deferred beyond its time", mailer.Entry{State: mailer.Deferred, Due: monday.Add(999 * time.Hour)},
			mailer.Deferred, monday.Add(72 * time.Hour), newsletter.Sending},
		{"uncertain, to be sent again", mailer.Entry{State: mailer.Uncertain, Due: later}, mailer.Uncertain, later, newsletter.Sending},
		{"uncertain, held", mailer.Entry{State: mailer.Uncertain}, mailer.Uncertain, time.Time{}, newsletter.Sending},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newClub(t)
			c.options.HoldUncertain = test.name == "uncertain, held"
			issue, d := c.one()
			if v := c.intend(d); v != mailer.Recorded {
				t.Fatalf("intent: %v", v)
			}
			if v := c.intend(d); v != mailer.Recorded {
				t.Fatalf("intent repeated: %v", v)
			}
			e := test.entry
			e.Key, e.At = d.Key, c.now
			if v := c.record(e)[0]; v != mailer.Recorded {
				t.Fatalf("outcome: %v", v)
			}
			row := c.row(issue)
			if row.State != test.want || !row.Due.Equal(test.due) || row.Attempts != 1 || row.Reply != e.Reply || row.Reason != e.Reason {
				t.Errorf("the row is %+v", row)
			}
			if is, _ := c.Issue(c.ctx, issue); is.State != test.issue {
				t.Errorf("the issue is %s, want %s", is.State, test.issue)
			}
			tally, err := c.Tally(c.ctx, "")
			if err != nil || tally.Open() > 0 && tally.Count[test.want] != 1 || !tally.NextDue.Equal(test.due) {
				t.Errorf("tally %+v, %v", tally, err)
			}
			c.sound()
		})
	}
}

// The last outcome of an issue ends it, also together with an intent of another's.
func TestIssueEndsBesideAnother(t *testing.T) {
	c := newClub(t)
	first, sent := c.one()
	c.intend(sent)
	c.publish()
	second := c.cut(newsletter.Weekly)
	next := c.claim(1)[0]
	for i, v := range c.record(mailer.Entry{Key: sent.Key, State: mailer.Sent, At: c.now}, mailer.Entry{Key: next.Key, State: mailer.Sending, At: c.now}) {
		if v != mailer.Recorded {
			t.Errorf("entry %d: %v", i, v)
		}
	}
	for issue, want := range map[string]newsletter.IssueState{first: newsletter.Finished, second: newsletter.Sending} {
		if is, err := c.Issue(c.ctx, issue); err != nil || is.State != want {
			t.Errorf("%s is %s, %v; want %s", issue, is.State, err, want)
		}
	}
	c.sound()
}

// What several connections want to begin at the same moment is recorded together;
// one that meets something in its way changes nothing for the others.
func TestIntentsTogether(t *testing.T) {
	c := newClub(t)
	c.readers(4)
	c.publish()
	issue := c.cut(newsletter.Weekly)
	claimed := c.claim(10)
	var intents []mailer.Entry
	for _, d := range claimed {
		intents = append(intents, mailer.Entry{Key: d.Key, State: mailer.Sending, At: c.now})
	}
	if got := c.record(intents[:2]...); !slices.Equal(got, []mailer.Verdict{mailer.Recorded, mailer.Recorded}) {
		t.Errorf("two readers: %v", got)
	}
	c.change(string(claimed[3].To), Record{}, func(s newsletter.Subscriber) newsletter.Subscriber { return s.Leave(c.now) })
	sent := mailer.Entry{Key: claimed[0].Key, State: mailer.Sent, At: c.now, Reply: "250 fine"}
	if got := c.record(sent, intents[2], intents[3]); !slices.Equal(got, []mailer.Verdict{mailer.Recorded, mailer.Recorded, mailer.Refused}) {
		t.Errorf("one of the readers has left: %v", got)
	}
	var states []mailer.DeliveryState
	for row, err := range c.Deliveries(c.ctx, issue, nil) {
		c.ok(err)
		states = append(states, row.State)
	}
	want := []mailer.DeliveryState{mailer.Sent, mailer.Sending, mailer.Sending, mailer.Suppressed}
	if !slices.Equal(states, want) {
		t.Errorf("the ledger says %v, want %v", states, want)
	}
	c.sound()
}

// What stops a message at the last moment, and what becomes of its row.
func TestIntentIsRefused(t *testing.T) {
	tests := []struct {
		name   string
		before func(c *club, issue string)
		want   mailer.DeliveryState
		cursor int64 // 0: the post was given back
	}{
		{"unsubscribed", func(c *club, _ string) {
			c.change("ada@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber { return s.Leave(c.now) })
		}, mailer.Suppressed, 1},
		{"paused", func(c *club, issue string) { c.pause(issue, "") }, mailer.Queued, 1},
		{"expired", func(c *club, _ string) { c.now = c.now.Add(72 * time.Hour) }, mailer.Failed, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newClub(t)
			issue, d := c.one()
			test.before(c, issue)
			if v := c.intend(d); v != mailer.Refused {
				t.Errorf("verdict %v, want Refused", v)
			}
			if row := c.row(issue); row.State != test.want || row.Attempts != 0 {
				t.Errorf("row %+v, want %s", row, test.want)
			}
			if got := c.get("ada@example.org").Cursor; got != test.cursor {
				t.Errorf("cursor %d, want %d", got, test.cursor)
			}
			c.sound()
		})
	}
}

// The server's words of an earlier attempt outlive what stops the next.
func TestStoppedKeepsTheReply(t *testing.T) {
	for name, before := range map[string]func(c *club, issue string){
		"paused":  func(c *club, issue string) { c.pause(issue, "") },
		"expired": func(c *club, _ string) { c.now = c.now.Add(100 * time.Hour) },
		"unsubscribed": func(c *club, _ string) {
			c.change("ada@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber { return s.Leave(c.now) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClub(t)
			issue, d := c.one()
			c.intend(d)
			c.record(mailer.Entry{Key: d.Key, State: mailer.Deferred, At: c.now, Due: c.now, Reply: "451 greylisted"})
			again := c.claim(10)[0]
			before(c, issue)
			if v := c.intend(again); v != mailer.Refused {
				t.Errorf("verdict %v, want Refused", v)
			}
			if row := c.row(issue); row.Reply != "451 greylisted" {
				t.Errorf("the row is %+v", row)
			}
			c.sound()
		})
	}
}

func TestBounceSuppresses(t *testing.T) {
	c := newClub(t)
	issue, d := c.one()
	c.intend(d)
	c.record(mailer.Entry{Key: d.Key, State: mailer.Failed, Reason: "refused", Reply: "550 5.1.1 unknown", Suppress: true, At: c.now})
	sub := c.get("ada@example.org")
	sup, ok, err := c.Suppression(c.ctx, "ada@example.org")
	c.ok(err)
	if sub.State != newsletter.Bounced || !ok || sup.Detail != "550 5.1.1 unknown" {
		t.Errorf("subscriber %s, suppression %+v", sub.State, sup)
	}
	events, err := c.Events(c.ctx, sub.ID)
	if err != nil || len(events) != 1 || events[0].Kind != "bounced" || events[0].Issue != issue {
		t.Errorf("events %+v, %v", events, err)
	}
	c.sound()
}

func TestNotices(t *testing.T) {
	c := newClub(t)
	c.readers(3)
	c.publish()
	c.cut(newsletter.Weekly)
	n := c.newcomer("new@example.org", newsletter.Weekly)
	n.State = newsletter.Pending
	sub, _, err := c.AddSubscriber(c.ctx, n, c.now)
	c.ok(err)
	notice := mailer.Notice{Key: "confirm 1", Kind: mailer.ConfirmNotice, Subscriber: sub.ID, Request: 7, Mould: []byte("Please confirm"), Expires: c.now.Add(time.Hour)}
	for i, want := range []bool{true, false} {
		if added, err := c.AddNotice(c.ctx, notice, c.now); err != nil || added != want {
			t.Errorf("added for the %d. time: %v, %v", i+1, added, err)
		}
	}
	first := c.claim(2)
	if len(first) != 2 || string(first[0].Message) != "Please confirm" || first[0].Key.Issue != 0 || first[0].IssueID != "confirm 1" {
		t.Fatalf("claimed %+v, want the notice first", first)
	}
	back, err := c.Claim(c.ctx, c.worker, c.now, 1, first[0].Key)
	if c.ok(err); len(back) != 1 || back[0].Key != first[0].Key {
		t.Fatalf("given back it is not claimed again: %+v", back)
	}
	if v := c.intend(first[0]); v != mailer.Recorded {
		t.Errorf("intent of a notice to a pending subscriber: %v", v)
	}
	c.record(mailer.Entry{Key: first[0].Key, State: mailer.Deferred, Due: c.now.Add(time.Minute), At: c.now})
	c.now = c.now.Add(2 * time.Hour)
	if late := c.claim(1); len(late) != 1 || c.intend(late[0]) != mailer.Refused {
		t.Errorf("after its time: %+v", late)
	}
	c.change("new@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber { return s.Leave(c.now) })
	notice.Key = "confirm 2"
	if _, err := c.AddNotice(c.ctx, notice, c.now); !errors.Is(err, ErrSuppressed) {
		t.Errorf("to one who left: %v, want ErrSuppressed", err)
	}
	c.sound()
}
