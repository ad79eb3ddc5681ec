package store

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

func TestPauseAndResume(t *testing.T) {
	c := newClub(t)
	c.readers(3)
	c.publish()
	issue := c.cut(newsletter.Weekly)
	for _, first := range []bool{true, false} {
		if news, err := c.PauseIssue(c.ctx, issue, "too many bounces"); err != nil || news != first {
			t.Errorf("news %t, %v; want %t", news, err, first)
		}
	}
	if got := c.claim(10); len(got) != 0 {
		t.Errorf("claimed %d deliveries of a paused issue", len(got))
	}
	c.ok(c.ResumeIssue(c.ctx, issue, c.now))
	if got := c.deliver(); len(got) != 3 {
		t.Errorf("then delivered %q", got)
	}
	_, finished := c.PauseIssue(c.ctx, issue, "")
	for name, err := range map[string]error{
		"pause a finished issue":  finished,
		"resume a finished issue": c.ResumeIssue(c.ctx, issue, c.now),
	} {
		if !errors.Is(err, ErrInUse) {
			t.Errorf("%s: %v, want ErrInUse", name, err)
		}
	}
	if _, err := c.PauseIssue(c.ctx, "unknown", ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	c.sound()
}

// An issue has as much time left when a pause ends as when it began.
func TestAPauseTakesNoTime(t *testing.T) {
	c := newClub(t)
	issue, _ := c.one()
	before, err := c.Issue(c.ctx, issue)
	c.ok(err)
	c.now = c.now.Add(time.Hour)
	c.pause(issue, "")
	c.now = c.now.Add(100 * time.Hour)
	c.pause(issue, "for another reason")
	c.ok(c.ResumeIssue(c.ctx, issue, c.now))
	after, err := c.Issue(c.ctx, issue)
	c.ok(err)
	if got := after.Expires.Sub(before.Expires); got != 100*time.Hour {
		t.Errorf("a pause of 100 hours added %v", got)
	}
	c.sound()
}

func TestPauseWhileExpanding(t *testing.T) {
	c := newClub(t)
	c.readers(5)
	c.publish()
	issue := c.write(weekly)
	c.pause(issue, "")
	c.finish(newsletter.Weekly)
	if is, _ := c.Issue(c.ctx, issue); is.State != newsletter.Paused {
		t.Errorf("with all its readers the issue is %s, want paused still", is.State)
	}
	c.ok(c.ResumeIssue(c.ctx, issue, c.now))
	if is, _ := c.Issue(c.ctx, issue); is.State != newsletter.Sending {
		t.Errorf("resumed it is %s", is.State)
	}
	c.sound()
}

// Cancelling gives the posts back to who did not get them, and what was sent by
// hand in between stays left out.
func TestCancelGivesBack(t *testing.T) {
	c := newClub(t)
	c.readers(4)
	one, two := c.publish(), c.publish()
	c.send(two, false)
	c.deliver()
	issue := c.cut(newsletter.Weekly)
	first := c.claim(2)
	c.intend(first[0])
	c.record(mailer.Entry{Key: first[0].Key, State: mailer.Sent, At: c.now})
	c.intend(first[1]) // on its way while the issue is cancelled
	stopped, err := c.CancelIssue(c.ctx, issue, c.now)
	if err != nil || stopped != (Stopped{All: 2}) {
		t.Fatalf("stopped %+v, %v, want 2", stopped, err)
	}
	c.record(mailer.Entry{Key: first[1].Key, State: mailer.Deferred, At: c.now})
	c.sound()
	if is, _ := c.Issue(c.ctx, issue); is.State != newsletter.Cancelled || is.Finished.IsZero() {
		t.Errorf("the issue is %+v", is)
	}
	for row, err := range c.Deliveries(c.ctx, issue, []mailer.DeliveryState{mailer.Withheld}) {
		c.ok(err)
		sub := c.get(string(row.Email))
		if sub.Cursor != 0 || !slices.Equal(sub.Skip, []int64{2}) {
			t.Errorf("%s stands at %+v, want as before the cut", row.Email, sub.Served())
		}
	}
	c.cut(newsletter.Weekly)
	for _, mail := range c.deliver() {
		if strings.Contains(mail, two) || !strings.Contains(mail, one) {
			t.Errorf("the next issue brings %s", mail)
		}
	}
	for row := range c.Subscribers(c.ctx, SubscriberQuery{}) {
		if got := c.got(string(row.Email)); got[one] != 1 || got[two] != 1 {
			t.Errorf("%s got %v", row.Email, got)
		}
	}
	if _, err := c.RetryDeliveries(c.ctx, issue, []mailer.DeliveryState{mailer.Failed}, c.now); !errors.Is(err, ErrInUse) {
		t.Errorf("retry a cancelled issue: %v, want ErrInUse", err)
	}
	c.sound()
}

func TestCancelASendingByHand(t *testing.T) {
	c := newClub(t)
	c.readers(2)
	issue := c.send(c.publish(), false)
	_, err := c.CancelIssue(c.ctx, issue, c.now)
	c.ok(err)
	c.cut(newsletter.Weekly)
	if got := c.deliver(); len(got) != 2 {
		t.Errorf("the digest brings %q, want the post for both", got)
	}
	c.sound()
}

// What another database has sent is brought to nobody again, whether it was written down
// here or not.
func TestCancelAsSent(t *testing.T) {
	audiences := map[string]func(post string) newsletter.Audience{
		"digest":  func(string) newsletter.Audience { return weekly },
		"by hand": func(post string) newsletter.Audience { return newsletter.Audience{Post: post} },
	}
	for name, audience := range audiences {
		t.Run(name, func(t *testing.T) {
			c := newClub(t)
			c.readers(4)
			c.join("break@example.org", newsletter.Weekly)
			c.change("break@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber {
				s.PausedUntil = c.now.Add(time.Hour)
				return s
			})
			id := c.publish()
			a := audience(id)
			issue := c.write(a)
			u, _, err := c.UnfinishedIssue(c.ctx, string(a.Cadence))
			c.ok(err)
			c.step(issue, a, u.Publications, 2)
			first := c.claim(1)[0]
			c.intend(first)
			c.record(mailer.Entry{Key: first.Key, State: mailer.Sent, At: c.now})
			if stopped, err := c.CancelIssueAsSent(c.ctx, issue, c.now); err != nil || stopped != (Stopped{1, 1}) {
				t.Fatalf("stopped %+v, %v, want one, in doubt", stopped, err)
			}
			c.sound()
			if sent, err := c.SentSince(c.ctx, 0, c.now.Add(-time.Hour), c.now, 100); err != nil || len(sent) != 1 {
				t.Errorf("%d count for the rates, %v; want the one that was sent from here", len(sent), err)
			}
			c.now = c.now.Add(2 * time.Hour)
			second := c.publish()
			c.cut(newsletter.Weekly)
			mails := c.deliver()
			if len(mails) != 5 {
				t.Errorf("the next digest brings %q, want one mail for each of five", mails)
			}
			for _, mail := range mails {
				// Who took a break was sent no post by hand, and is passed over by a digest.
				brings := a.Post != "" && strings.HasPrefix(mail, "break@")
				if strings.Contains(mail, id) != brings || !strings.Contains(mail, second) {
					t.Errorf("the next digest brings %s", mail)
				}
			}
			if _, err := c.CancelIssueAsSent(c.ctx, issue, c.now); !errors.Is(err, ErrInUse) {
				t.Errorf("once more: %v, want ErrInUse", err)
			}
			c.sound()
		})
	}
}

// Who has moved on to a later issue is not sent back behind it.
func TestCancelAfterALaterIssue(t *testing.T) {
	c := newClub(t)
	c.readers(1)
	c.publish()
	early := c.cut(newsletter.Weekly)
	c.publish()
	c.cut(newsletter.Weekly)
	_, err := c.CancelIssue(c.ctx, early, c.now)
	c.ok(err)
	if got := c.get("r000000@example.org").Cursor; got != 2 {
		t.Errorf("the cursor is at %d, want 2", got)
	}
	c.sound()
}

// A cancelled issue whose last delivery dies in the middle ends all the same.
func TestCancelledAndUncertain(t *testing.T) {
	c := newClub(t)
	issue, d := c.one()
	c.intend(d)
	_, err := c.CancelIssue(c.ctx, issue, c.now)
	c.ok(err)
	c.worker = c.enlist(c.Store)
	c.ok(c.Renew(c.ctx, c.worker, c.now, c.now.Add(time.Hour), func(mailer.Process) bool { return false }))
	row := c.row(issue)
	is, err := c.Issue(c.ctx, issue)
	c.ok(err)
	if row.State != mailer.Withheld || row.Reason != "uncertain" || is.Finished.IsZero() {
		t.Errorf("row %+v, issue %+v", row, is)
	}
	if got := c.get("ada@example.org").Cursor; got != 1 {
		t.Errorf("what may have arrived was given back: cursor %d", got)
	}
	c.sound()
}

func TestRetry(t *testing.T) {
	c := newClub(t)
	c.readers(3)
	c.publish()
	issue := c.cut(newsletter.Weekly)
	failed := c.claim(3)
	for _, d := range failed[:2] {
		c.intend(d)
		c.record(mailer.Entry{Key: d.Key, State: mailer.Failed, Reason: "refused", At: c.now})
	}
	c.now = c.now.Add(72 * time.Hour)
	if v := c.intend(failed[2]); v != mailer.Refused {
		t.Fatalf("after its time: %v", v)
	}
	c.change(string(failed[0].To), Record{}, func(s newsletter.Subscriber) newsletter.Subscriber { return s.Leave(c.now) })
	if is, _ := c.Issue(c.ctx, issue); is.State != newsletter.Finished {
		t.Fatalf("the issue is %s", is.State)
	}
	n, err := c.RetryDeliveries(c.ctx, issue, []mailer.DeliveryState{mailer.Failed, mailer.Uncertain}, c.now)
	if err != nil || n != 2 {
		t.Fatalf("retried %d, %v, want all but the one who left", n, err)
	}
	c.sound()
	is, err := c.Issue(c.ctx, issue)
	c.ok(err)
	if is.State != newsletter.Sending || !is.Finished.IsZero() || !is.Expires.Equal(c.now.Add(72*time.Hour)) {
		t.Errorf("the issue is %+v", is)
	}
	again := c.claim(3)
	if len(again) != 2 || again[0].Attempt+again[1].Attempt != 3 {
		t.Errorf("claimed %+v, want one second and one first attempt", again)
	}
	if _, err := c.RetryDeliveries(c.ctx, issue, []mailer.DeliveryState{mailer.Sent}, c.now); err == nil {
		t.Error("what was sent was retried")
	}
	c.sound()
}

// A post that came with a later issue does not come again by a retry.
func TestRetryAfterALaterIssue(t *testing.T) {
	c := newClub(t)
	issue, d := c.one()
	c.now = c.now.Add(72 * time.Hour)
	c.intend(d) // expires and gives the post back
	c.cut(newsletter.Weekly)
	n, err := c.RetryDeliveries(c.ctx, issue, []mailer.DeliveryState{mailer.Failed}, c.now)
	if err != nil || n != 0 {
		t.Errorf("retried %d, %v, want none", n, err)
	}
	if is, _ := c.Issue(c.ctx, issue); is.State != newsletter.Finished {
		t.Errorf("the issue is %s, want finished still", is.State)
	}
	c.sound()
}

func TestVariants(t *testing.T) {
	c := newClub(t)
	ada := c.join("ada@example.org", newsletter.Weekly, "go")
	c.join("all@example.org", newsletter.Weekly)
	one, two := c.publish("go"), c.publish("sql")
	issue := c.cut(newsletter.Weekly)
	variants, err := c.Variants(c.ctx, issue)
	if err != nil || len(variants) != 2 {
		t.Fatalf("%+v, %v", variants, err)
	}
	mine, err := c.VariantOf(c.ctx, issue, ada.ID)
	if err != nil || len(mine.Publications) != 1 || mine.Publications[0].PostID != one || mine.HTML != "<p>" {
		t.Errorf("the variant of one who takes go: %+v, %v", mine, err)
	}
	// The issue stays whole when one of its posts is deleted.
	c.ok(c.DeletePost(c.ctx, two, c.now))
	posts, err := c.IssuePosts(c.ctx, issue)
	if err != nil || len(posts) != 2 || posts[1].PostID != two {
		t.Errorf("posts %+v, %v", posts, err)
	}
	if _, err := c.VariantOf(c.ctx, issue, newsletter.NewID()); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	if all, err := c.Issues(c.ctx, 10); err != nil || len(all) != 1 || all[0].ID != issue {
		t.Errorf("issues %+v, %v", all, err)
	}
}
