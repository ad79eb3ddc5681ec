package store

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// Links that were mailed before requests were kept name the subscriber, and are good
// for those who are asked still or have confirmed.
func TestLinksMailedBeforeThereWereRequests(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postrider.db")
	old := openBefore(t, path, "0013_request.sql")
	if err := errors.Join(old.write(t.Context(), "fill it", func(tx *sql.Tx) error {
		_, err := tx.Exec(`
			INSERT INTO subscriber (ref, email, email_key, name, state, cadence, cursor, created_at, changed_at)
			VALUES (7, 'a@example.org', 'a@example.org', 'Ada', 'pending', 'daily', 0, 1, 1),
				(8, 'i@example.org', 'i@example.org', 'Ida', 'active', 'daily', 0, 1, 1),
				(9, 'e@example.org', 'e@example.org', 'Eve', 'unsubscribed', 'daily', 0, 1, 1);
			INSERT INTO notice (key, kind, subscriber_id, mould, expires_at, state, due_at, at)
			SELECT 'confirm ' || ref || ' ' || day, 'confirm', id, x'', 9, 'queued', 1, day
			FROM subscriber, (SELECT 1 AS day UNION SELECT 2)`)
		return err
	}), old.Close()); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, path)
	for _, id := range []newsletter.ID{7, 8} {
		asked, err := s.Request(t.Context(), id)
		if err != nil || asked.ID != id || asked.Asked.Name != asked.Name || asked.Asked.Cadence != newsletter.Daily {
			t.Errorf("%d: %+v, %v", id, asked, err)
		}
	}
	if _, err := s.Request(t.Context(), 9); !errors.Is(err, ErrNotFound) {
		t.Errorf("one who has left: %v, want ErrNotFound", err)
	}
	if got := value[int64](t, s, `SELECT count(*) FROM notice WHERE request IS NOT NULL`); got != 4 {
		t.Errorf("%d mails that wait ask for something, want 4", got)
	}
}

// A notice that has ended keeps no message, and is removed after a week; its key is
// kept for as long as the link to confirm would queue the welcome once more.
func TestTidy(t *testing.T) {
	c := newClub(t)
	c.signUp("ada@example.org", newsletter.Choices{Cadence: newsletter.Weekly})
	c.signUp("eve@example.org", newsletter.Choices{Cadence: newsletter.Weekly})
	asked := c.requests()
	if n := c.count(`SELECT count(*) FROM notice WHERE state = 'sent' AND mould = x''`); n != 2 {
		t.Errorf("%d of 2 mails were sent and keep no message", n)
	}
	ada, err := c.confirm(asked[0])
	c.ok(err)
	welcome := mailer.Notice{Key: "welcome", Kind: mailer.WelcomeNotice, Subscriber: ada.ID, Mould: []byte("Welcome"), Expires: c.now.Add(time.Hour)}
	for _, test := range []struct {
		after             time.Duration
		requests, notices int
	}{
		{0, 2, 3}, // links are good for an hour in this test
		{23 * time.Hour, 2, 3},
		{25 * time.Hour, 0, 3},
		{8 * 24 * time.Hour, 0, 0},
	} {
		if test.after == 0 {
			_, err := c.AddNotice(c.ctx, welcome, c.now)
			c.ok(err)
			c.deliver()
		}
		for {
			removed, err := c.Tidy(c.ctx, c.now.Add(test.after), 1)
			c.ok(err)
			if removed == 0 {
				break
			}
		}
		requests, notices := c.count(`SELECT count(*) FROM request`), c.count(`SELECT count(*) FROM notice`)
		if requests != test.requests || notices != test.notices {
			t.Errorf("after %s: %d requests and %d notices, want %d and %d", test.after, requests, notices, test.requests, test.notices)
		}
	}
	c.sound()
}

// While a link is good its notices stay: a welcome has its key of the confirmation.
func TestTidyKeepsWhatALinkNeeds(t *testing.T) {
	c := newClub(t)
	c.signUp("ada@example.org", newsletter.Choices{Cadence: newsletter.Weekly})
	c.requests()
	_, err := c.writer.Exec(`UPDATE request SET expires_at = ?`, c.now.AddDate(0, 1, 0).UnixMilli())
	c.ok(err)
	if removed, err := c.Tidy(c.ctx, c.now.AddDate(0, 0, 20), 100); removed != 0 || err != nil {
		t.Errorf("removed %d, %v", removed, err)
	}
	if removed, err := c.Tidy(c.ctx, c.now.AddDate(0, 0, 40), 100); removed != 2 || err != nil {
		t.Errorf("removed %d, %v", removed, err)
	}
}
