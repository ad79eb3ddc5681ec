package store

import (
	"flag"
	"fmt"
	"iter"
	"strings"
	"testing"

	"postrider/mailer"
	"postrider/newsletter"
)

// The queries that run for every message or every reader use the indexes made
// for them.
func TestPlans(t *testing.T) {
	c := newClub(t)
	tests := []struct{ name, query, want string }{
		{"claim", claimSQL, "SEARCH d USING INDEX delivery_open (issue_id=? AND due_at<?)"},
		{"hold a range", holdRangeSQL, "SEARCH delivery USING PRIMARY KEY (issue_id=? AND subscriber_id>? AND subscriber_id<?)"},
		{"hold", holdSQL(), "SEARCH delivery USING PRIMARY KEY (issue_id=? AND subscriber_id=?)"},
		{"intents", strings.ReplaceAll(intentSQL, "json_each(?)", "json_each('[1]')"), "SEARCH delivery USING PRIMARY KEY (issue_id=? AND subscriber_id=?)"},
		{"sent", sentSQL, "SEARCH delivery USING PRIMARY KEY (issue_id=? AND subscriber_id=?)"},
		{"notices", `SELECT id FROM notice WHERE ` + openDelivery + ` AND due_at <= 1 ORDER BY due_at LIMIT 1`, "notice_open"},
		{"who waits", instantDueSQL, "SCAN s USING INDEX subscriber_instant"},
		{"moving", movingSQL, "SEARCH delivery USING INDEX delivery_open (issue_id=? AND due_at<?)"},
		{"moving, held", movingSQL, "SEARCH delivery USING INDEX delivery_open (issue_id=? AND due_at=?)"},
		{"moving notice", movingNoticeSQL, "SEARCH notice USING INDEX notice_open (due_at<?)"},
		{"moving notice, held", movingNoticeSQL, "SEARCH notice USING INDEX notice_open (due_at=?)"},
		{"finish", finishSQL + ` AND id = 1`, "delivery_open (issue_id=?)"},
		{"strike", `SELECT 1 FROM ` + heldDeliveries, "delivery_open (issue_id=? AND due_at=?)"},
		{"one subscriber's deliveries", `SELECT * FROM delivery WHERE issue_id IN (SELECT id FROM issue) AND subscriber_id = 1`,
			"SEARCH delivery USING PRIMARY KEY (issue_id=? AND subscriber_id=?)"},
		{"expand", `SELECT s.id FROM subscriber AS s WHERE s.id > 1 AND s.id <= 9 AND ` + inAudience + ` ORDER BY s.id LIMIT 5`,
			"SEARCH s USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"},
		{"who has a post", `SELECT 1 FROM subscriber AS s WHERE ` + hadPost, "issue_post_post (post_id=?)"},
	}
	for _, test := range tests {
		got := plan(t, c.Store, strings.ReplaceAll(test.query, "?", "1"))
		if !strings.Contains(got, test.want) || strings.Contains(got, "SCAN d") {
			t.Errorf("%s runs as\n%s\nwant in it: %s", test.name, got, test.want)
		}
	}
}

const many = 100_000

// claimable is how many BenchmarkClaim claims from; the time should not grow with it.
var claimable = flag.Int("readers", many, "the `NUMBER` of open deliveries in BenchmarkClaim")

func manyRows(yield func(NewRow, error) bool) { rowsOf(many)(yield) }

// rowsOf are so many readers, in no order that an index likes.
func rowsOf(n int) iter.Seq2[NewRow, error] {
	return func(yield func(NewRow, error) bool) {
		for i := range n {
			row := NewRow{Line: i, Email: newsletter.Address(fmt.Sprintf("reader%d@example.org", i*7919%n)),
				Topics: [][]string{nil, nil, {"go"}, {"go", "sql"}}[i%4]}
			if !yield(row, nil) {
				return
			}
		}
	}
}

func BenchmarkImport(b *testing.B) {
	for b.Loop() {
		c := newClub(b)
		if _, err := c.ImportSubscribers(c.ctx, manyRows, c.importOptions()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*many/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkExpand(b *testing.B) {
	c := newClub(b)
	if _, err := c.ImportSubscribers(c.ctx, manyRows, c.importOptions()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		c.publish("go", "sql")
		id := c.write(weekly)
		u, _, err := c.UnfinishedIssue(c.ctx, "weekly")
		c.ok(err)
		b.StartTimer()
		for done := false; !done; {
			done = c.step(id, weekly, u.Publications, 2000).Done
		}
	}
	b.ReportMetric(float64(b.N)*many/b.Elapsed().Seconds(), "readers/s")
}

// BenchmarkClaim claims 1,000 deliveries of many, and gives them back.
func BenchmarkClaim(b *testing.B) {
	c := newClub(b)
	if _, err := c.ImportSubscribers(c.ctx, rowsOf(*claimable), c.importOptions()); err != nil {
		b.Fatal(err)
	}
	c.publish()
	c.batch = 2000
	c.cut(newsletter.Weekly)
	b.Run("1000", func(b *testing.B) { // as a part it is repeated without making the list again
		for b.Loop() {
			if got := c.claim(1000); len(got) != 1000 {
				b.Fatalf("claimed %d", len(got))
			}
			b.StopTimer()
			c.ok(c.Release(c.ctx, c.worker))
			c.worker = c.enlist(c.Store)
			b.StartTimer()
		}
	})
}

// BenchmarkRecord records an outcome and the next intent for eight connections.
func BenchmarkRecord(b *testing.B) {
	c := newClub(b)
	if _, err := c.ImportSubscribers(c.ctx, manyRows, c.importOptions()); err != nil {
		b.Fatal(err)
	}
	c.publish()
	c.batch = 2000
	c.cut(newsletter.Weekly)
	var held []mailer.Delivery
	messages := 0
	for b.Loop() {
		if len(held) < 8 {
			b.StopTimer()
			held = c.claim(1000)
			b.StartTimer()
			if len(held) == 0 {
				b.Skip("the issue is sent")
			}
		}
		var entries []mailer.Entry
		for _, d := range held[:8] {
			entries = append(entries, mailer.Entry{Key: d.Key, State: mailer.Sending, At: c.now},
				mailer.Entry{Key: d.Key, State: mailer.Sent, At: c.now, Reply: "250 ok"})
		}
		held = held[8:]
		messages += 8
		c.record(entries...)
	}
	b.ReportMetric(float64(messages)/b.Elapsed().Seconds(), "messages/s")
}
