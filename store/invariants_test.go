package store

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postrider/newsletter"
)

// The doctor's check finds what no operation leaves behind.
func TestInvariantsFind(t *testing.T) {
	for _, test := range []struct{ damage, want string }{
		{`UPDATE issue SET state = 'finished', finished_at = 1`, "has an open delivery"},
		{`UPDATE subscriber SET cursor = 0`, "would bring its posts again"},
		{`UPDATE subscriber SET cursor = 9`, "more than was ever published"},
		{`UPDATE subscriber SET skip = '[1]'`, "skips a number"},
		{`UPDATE delivery SET worker_id = 999, due_at = NULL`, "a process that is not known"},
		{`UPDATE delivery SET due_at = NULL`, "neither due nor held"},
		{`UPDATE subscriber SET state = 'bounced'`, "is not suppressed"},
		{`INSERT INTO suppression (digest, reason, at, email) SELECT x'00', 'bounced', 0, email FROM subscriber`, "although the address is suppressed"},
		{`DELETE FROM digest_window`, "has no window"},
		{`DELETE FROM delivery`, "does not say that it is finished"},
		{`UPDATE digest_window SET newest = 0`, "for other posts"},
		{`UPDATE issue_post SET number = 7`, "was not cut from"},
		{`DELETE FROM variant_post`, "holds no post"},
		{`UPDATE variant_post SET post_id = 7`, "one that its issue does not"},
		{`UPDATE issue SET last_id = 0`, "joined after the cut"},
		{`UPDATE delivery SET state = 'uncertain'`, "was never tried"},
		{`UPDATE post SET number = 9`, "a publication number that was never given"},
		{`UPDATE post SET number = NULL`, "it has no number"},
		{`UPDATE issue SET newest = 9`, "up to a publication number that was never given"},
		{`DELETE FROM delivery`, "that were written for it: issue1 (0 instead of 1)"},
		{`UPDATE issue SET deliveries = 0`, "that were written for it: issue1 (1 instead of 0)"},
		{`INSERT INTO pruned VALUES (1, 'sent', 2)`, "that were written for it: issue1 (3 instead of 1)"},
		{`UPDATE issue SET state = 'expanding', expanded_to = 0`, "readers beyond where it is"},
		{`UPDATE issue SET state = 'expanding', expanded_to = 2`, "is beyond its last"},
		{`UPDATE house SET publication = 6`, "6 given, 1 of posts, 0 of deleted ones"},
		{`UPDATE house SET numbers_deleted = 1`, "1 given, 1 of posts, 1 of deleted ones"},
		{`UPDATE post SET ordinal = 2`, "a place in the archives that was never given"},
		{`UPDATE post SET revision = 2`, "a post has no text"},
		{`INSERT INTO feed_version VALUES ('feed.xml', x'', 99, 0)`, "seen a change that never was: feed.xml"},
	} {
		c := newClub(t)
		c.readers(1)
		c.publish()
		c.cut(newsletter.Weekly)
		c.sound()
		run(t, c.Store, test.damage)
		broken, err := c.Invariants(c.ctx)
		c.ok(err)
		if !strings.Contains(fmt.Sprint(broken), test.want) {
			t.Errorf("%s: found %q, want %q", test.damage, broken, test.want)
		}
	}
}

// A cut that jumps is seen by the readers whom it leaves behind: those who stood in its
// audience and were neither served nor given a delivery. Others may stand there.
func TestInvariantsFindWhoIsPassedOver(t *testing.T) {
	c := newClub(t)
	c.readers(6)
	daily := c.join("daily@example.org", newsletter.Daily)
	c.publish()
	c.now = c.now.Add(time.Hour)
	id := c.write(weekly)
	u, _, err := c.UnfinishedIssue(c.ctx, "weekly")
	c.ok(err)
	c.step(id, weekly, u.Publications, 2)
	run(t, c.Store, `UPDATE issue SET expanded_to = last_id`)
	// One who comes over after the cut waits for the next, wherever their row is.
	c.change(string(daily.Email), Record{}, func(s newsletter.Subscriber) newsletter.Subscriber {
		s.Cadence = newsletter.Weekly
		return s
	})
	broken, err := c.Invariants(c.ctx)
	if want := "an issue that is being cut has passed over a reader: "; err != nil || len(broken) != 1 ||
		!strings.HasPrefix(broken[0].String(), want) || len(broken[0].Where) != 4 {
		t.Errorf("found %q, %v; want four readers", broken, err)
	}
	run(t, c.Store, `UPDATE issue SET expanded_to = 2`)
	c.finish(newsletter.Weekly)
	c.sound()
}

// Of who was erased only the keyed digest of the address is left to tell.
func TestInvariantsFindWhoWasErased(t *testing.T) {
	c := newClub(t)
	for i := range 2 * shown {
		c.join(fmt.Sprintf("reader%d@example.org", i), newsletter.Weekly)
		c.change(fmt.Sprintf("reader%d@example.org", i), Record{}, func(s newsletter.Subscriber) newsletter.Subscriber { return s.Erase(c.now) })
	}
	c.join("ada@example.org", newsletter.Weekly)
	c.sound()
	for _, n := range []int{1, 2 * shown} {
		run(t, c.Store, fmt.Sprintf(`UPDATE subscriber SET state = 'active', email = 'Reader' || (id - 1) || '@example.org',
			email_key = 'reader' || (id - 1) || '@example.org' WHERE id <= %d`, n))
		broken, err := c.Invariants(c.ctx)
		if err != nil || len(broken) != 1 || broken[0].What != suppressedActive || broken[0].Where[0] != "Reader0@example.org" ||
			len(broken[0].Where) != min(n, shown+1) || broken[0].Advice == "" {
			t.Errorf("%d came back by hand: found %q, %v", n, broken, err)
		}
	}
}

// What people do to posts and issues leaves the counts as they must be.
func TestCountsStayTrue(t *testing.T) {
	c := newClub(t)
	c.readers(5)
	posts := []string{c.publish(), c.publish(), c.publish(), c.put("draft.md", "---\ndraft: true\n---\nNot yet.").Post.ID}
	old := c.cut(newsletter.Weekly)
	c.deliver()
	_, err := c.WithdrawPosts(c.ctx, c.now, posts[0])
	c.ok(err)
	for i, id := range []string{posts[0], posts[2], posts[3]} { // withdrawn, the newest, a draft
		c.ok(c.DeletePost(c.ctx, id, c.now))
		if got, want := value[int](t, c.Store, `SELECT numbers_deleted FROM house`), min(i+1, 2); got != want {
			t.Errorf("%d numbers have gone, want %d", got, want)
		}
		c.sound()
	}
	c.send(posts[1], true)
	c.publish()
	open := c.write(weekly)
	u, _, err := c.UnfinishedIssue(c.ctx, "weekly")
	c.ok(err)
	c.step(open, weekly, u.Publications, 2)
	_, err = c.CancelIssue(c.ctx, open, c.now)
	c.ok(err)
	c.sound()
	c.now = c.now.Add(2 * year)
	if _, _, err := c.Prune(c.ctx, c.now, 2, c.now); err != nil {
		t.Fatal(err)
	}
	c.sound()
	c.prune()
	c.sound()
	for id, want := range map[string]int{old: 5, open: 2} {
		if got := value[int](t, c.Store, `SELECT deliveries FROM issue WHERE public_id = ?`, id); got != want {
			t.Errorf("%s has %d deliveries, want %d", id, got, want)
		}
	}
}

// A database of before the counts is counted once; of what was just being cut then, less
// is known than would be needed.
func TestCountsOfAnOldDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postrider.db")
	old := openBefore(t, path, "0016_counts.sql")
	if err := errors.Join(old.write(t.Context(), "fill it", func(tx *sql.Tx) error {
		_, err := tx.Exec(`
			UPDATE house SET publication = 3;
			INSERT INTO subscriber (ref, email, email_key, state, cadence, cursor, created_at, changed_at)
			VALUES (7, 'a@example.org', 'a@example.org', 'active', 'weekly', 3, 1, 1), (8, 'b@example.org', 'b@example.org', 'active', 'weekly', 3, 1, 1);
			INSERT INTO post (public_id, guid, slug, state, number, may_mail, revision, created_at, published_at, updated_at)
			VALUES ('p', 'g', 's', 'published', 2, 1, 1, 1, 1, 1);
			INSERT INTO revision VALUES (1, 1, 1, '{}');
			INSERT INTO issue (public_id, digest, window, audience, subject, since, newest, state, expanded_to, last_id, created_at, expires_at, finished_at, pruned_at)
			VALUES ('pruned', '', '1', '{}', '', 0, 3, 'finished', NULL, 2, 1, 9, 1, 1), ('open', '', '2', '{}', '', 0, 3, 'expanding', 1, 2, 1, 9, NULL, NULL);
			INSERT INTO variant (issue_id, key, subject, html, text, mould) VALUES (1, '', '', '', '', x''), (2, '', '', '', '', x'');
			INSERT INTO issue_post VALUES (1, 2, 1, 'p', 1, '[]'), (2, 2, 1, 'p', 1, '[]');
			INSERT INTO variant_post VALUES (1, 1, 0), (2, 1, 0);
			INSERT INTO pruned VALUES (1, 'sent', 1);
			INSERT INTO delivery (issue_id, subscriber_id, variant_id, start, state, open, attempts, due_at, at)
			VALUES (1, 2, 1, 0, 'sent', 0, 1, NULL, 1), (2, 1, 2, 0, 'queued', 1, 0, 1, 1)`)
		return err
	}), old.Close()); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, path)
	if broken, err := s.Invariants(t.Context()); len(broken) > 0 || err != nil {
		t.Errorf("found %q, %v", broken, err)
	}
	if got := value[string](t, s, `SELECT group_concat(coalesce(deliveries, '?')) || ' ' || (SELECT numbers_deleted FROM house) FROM issue`); got != "2,? 2" {
		t.Errorf("counted %s, want 2,? 2", got)
	}
	run(t, s, `DELETE FROM delivery`)
	broken, err := s.Invariants(t.Context())
	if err != nil || len(broken) != 1 || fmt.Sprint(broken[0].Where) != "[pruned (1 instead of 2)]" {
		t.Errorf("with its rows gone found %q, %v", broken, err)
	}
}
