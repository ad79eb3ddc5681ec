package store

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"postrider/newsletter"
)

func (c *club) importOptions() ImportOptions {
	joining := Joining{PeriodStart: c.now.AddDate(-1, 0, 0)}
	return ImportOptions{Now: c.now, State: newsletter.Active, Cadence: newsletter.Weekly, Consent: consent(c.now),
		Joining: map[newsletter.Cadence]Joining{newsletter.Instant: joining, newsletter.Daily: joining,
			newsletter.Weekly: joining, newsletter.Monthly: joining}}
}

// importRows imports rows and appends what was skipped.
func (c *club) importRows(rows []NewRow, skipped *[]SkippedRow) ImportReport {
	c.t.Helper()
	o := c.importOptions()
	if skipped != nil {
		o.Skipped = func(row SkippedRow) { *skipped = append(*skipped, row) }
	}
	report, err := c.ImportSubscribers(c.ctx, seq(rows, nil), o)
	c.ok(err)
	return report
}

// seq streams rows, and then an error if there is one.
func seq(rows []NewRow, last error) iter.Seq2[NewRow, error] {
	return func(yield func(NewRow, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
		if last != nil {
			yield(NewRow{}, last)
		}
	}
}

func TestImport(t *testing.T) {
	c := newClub(t)
	c.join("here@example.org", newsletter.Daily)
	c.join("member@example.org", newsletter.Daily)
	c.join("leaves@example.org", newsletter.Daily)
	c.join("gone@example.org", newsletter.Daily)
	c.join("erased@example.org", newsletter.Daily)
	c.change("gone@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber { return s.Leave(c.now) })
	c.change("erased@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber { return s.Erase(c.now) })
	c.publish()
	var skipped []SkippedRow
	report := c.importRows([]NewRow{
		{Line: 2, Email: "zoe@example.org", Name: "Zoe", Topics: []string{"go"}},
		{Line: 3, Email: "Here@example.org"},
		{Line: 4, Email: "gone@example.org"},
		{Line: 5, Email: "erased@example.org"},
		{Line: 6, Email: "ZOE@example.org", Name: "another"},
		{Line: 7, Email: "left@example.org", State: newsletter.Unsubscribed},
		{Line: 8, Email: "spam@example.org", State: newsletter.Complained},
		{Line: 9, Email: "asked@example.org", State: newsletter.Pending, Cadence: newsletter.Daily},
		{Line: 10, Email: "member@example.org", State: newsletter.Bounced},
		{Line: 11, Email: "Leaves@example.org", State: newsletter.Unsubscribed},
	}, &skipped)
	if want := (ImportReport{Added: 4, AddedLeft: 2, Existing: 1, Left: 2, Suppressed: 2, Duplicates: 1}); report != want {
		t.Errorf("report %+v, want %+v", report, want)
	}
	want := []SkippedRow{
		{3, "Here@example.org", SkippedExisting, newsletter.Active},
		{4, "gone@example.org", SkippedSuppressed, newsletter.Unsubscribed},
		{5, "erased@example.org", SkippedSuppressed, newsletter.Erased},
		{6, "ZOE@example.org", SkippedDuplicate, ""},
		{10, "member@example.org", SkippedLeft, newsletter.Bounced},
		{11, "Leaves@example.org", SkippedLeft, newsletter.Unsubscribed},
	}
	if !slices.Equal(skipped, want) {
		t.Errorf("skipped %+v\nwant %+v", skipped, want)
	}
	if zoe := c.get("zoe@example.org"); zoe.Name != "Zoe" || zoe.Cadence != newsletter.Weekly || zoe.State != newsletter.Active {
		t.Errorf("zoe is %+v", zoe)
	}
	if got := c.get("gone@example.org").State; got != newsletter.Unsubscribed {
		t.Errorf("an import subscribed again who has left: %s", got)
	}
	if sup, ok, _ := c.Suppression(c.ctx, "spam@example.org"); !ok || sup.Reason != newsletter.Complained {
		t.Errorf("suppression of a complaint: %+v", sup)
	}
	events, err := c.Events(c.ctx, c.get("left@example.org").ID)
	c.ok(err)
	if want := (Event{At: c.now, Kind: "unsubscribed", Detail: "imported from " + c.importOptions().Consent.Source}); len(events) != 1 || events[0] != want {
		t.Errorf("events of one who had left: %+v, want %+v", events, want)
	}
	// Who leaves by a list has left as by any other way.
	leaver := c.get("leaves@example.org")
	if sup, ok, _ := c.Suppression(c.ctx, leaver.Email); leaver.State != newsletter.Unsubscribed || !ok || sup.Reason != newsletter.Unsubscribed {
		t.Errorf("who leaves is %s, %+v", leaver.State, sup)
	}
	withdrawn, err := c.Consents(c.ctx, leaver.ID)
	c.ok(err)
	if n := len(withdrawn); n != 2 || withdrawn[1].Action != newsletter.Withdrew || withdrawn[1].Source != c.importOptions().Consent.Source {
		t.Errorf("the consent of who leaves: %+v", withdrawn)
	}
	record, err := c.Consents(c.ctx, c.get("asked@example.org").ID)
	c.ok(err)
	if len(record) != 1 || record[0].Action != newsletter.Asked {
		t.Errorf("consent of a pending one: %+v", record)
	}
	c.sound()
}

// An address that stands twice counts once, in whatever statement its second row is,
// and whether it is added or known.
func TestImportOfRowsThatRepeat(t *testing.T) {
	c := newClub(t)
	c.join("r1@example.org", newsletter.Daily)
	c.join("r2@example.org", newsletter.Daily)
	c.change("r2@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber { return s.Erase(c.now) })
	var rows []NewRow
	for i := range 3 * stagedAtOnce {
		rows = append(rows, NewRow{Line: i, Email: newsletter.Address(fmt.Sprintf("r%d@example.org", i%(2*stagedAtOnce)))})
	}
	var skipped []SkippedRow
	report := c.importRows(rows, &skipped)
	if want := (ImportReport{Added: 2*stagedAtOnce - 2, Existing: 1, Suppressed: 1, Duplicates: stagedAtOnce}); report != want {
		t.Errorf("report %+v, want %+v", report, want)
	}
	if len(skipped) != stagedAtOnce+2 {
		t.Fatalf("skipped %+v", skipped)
	}
	for i, got := range skipped {
		want := SkippedRow{Line: 2*stagedAtOnce + i - 2, Reason: SkippedDuplicate}
		switch i {
		case 0:
			want = SkippedRow{Line: 1, Reason: SkippedExisting, State: newsletter.Active}
		case 1:
			want = SkippedRow{Line: 2, Reason: SkippedSuppressed, State: newsletter.Erased}
		}
		if want.Email = rows[want.Line].Email; got != want {
			t.Errorf("skipped %+v, want %+v", got, want)
		}
	}
	c.sound()
}

// However often and in whatever states an address stands in a file: who left in any of
// them has left, and else the first row counts.
func TestImportOfRowsThatContradict(t *testing.T) {
	left := []newsletter.State{newsletter.Unsubscribed, newsletter.Bounced, newsletter.Complained}
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		c := newClub(t)
		c.join("r0@example.org", newsletter.Daily)
		var rows []NewRow
		want := map[string]newsletter.State{"r0@example.org": newsletter.Active}
		for line := range 30 {
			email := fmt.Sprintf("r%d@example.org", random.IntN(8))
			row := NewRow{Line: line, Email: newsletter.Address(email), State: newsletter.Pending}
			if n := random.IntN(4); n < len(left) {
				row.State = left[n]
			}
			if random.IntN(2) == 0 {
				row.Email = newsletter.Address(strings.ToUpper(email))
			}
			rows = append(rows, row)
			if before, known := want[email]; !known {
				want[email] = row.State
			} else if slices.Contains(left, row.State) {
				want[email] = newsletter.Weightier(before, row.State)
			}
		}
		var skipped []SkippedRow
		report := c.importRows(rows, &skipped)
		if report.Added != len(want)-1 || report.Added+len(skipped) != len(rows) || report.Added+report.Existing+report.Left+report.Duplicates != len(rows) {
			t.Errorf("%+v, %d skipped of %d rows of %d readers", report, len(skipped), len(rows), len(want))
		}
		for email, state := range want {
			if got := c.get(email).State; got != state {
				t.Errorf("%s is %s, want %s", email, got, state)
			}
			if sup, ok, err := c.Suppression(c.ctx, newsletter.Address(email)); err != nil || ok != slices.Contains(left, state) || ok && sup.Reason != state {
				t.Errorf("%s is %s, and its suppression %+v, %v", email, state, sup, err)
			}
		}
		c.sound()
	}
}

func TestImportIsAllOrNothing(t *testing.T) {
	c := newClub(t)
	var rows []NewRow
	for i := range 500 {
		rows = append(rows, NewRow{Line: i, Email: newsletter.Address(fmt.Sprintf("r%d@example.org", i))})
	}
	broken := errors.New("line 501 is broken")
	_, err := c.ImportSubscribers(c.ctx, seq(rows, broken), c.importOptions())
	if !errors.Is(err, broken) {
		t.Fatalf("got %v, want the error of the rows", err)
	}
	if n := value[int](t, c.Store, `SELECT count(*) FROM subscriber`); n != 0 {
		t.Errorf("%d rows were kept", n)
	}
	// The store works on, and the rows can be imported once they are mended.
	if report := c.importRows(rows, nil); report.Added != 500 {
		t.Errorf("then %+v", report)
	}
}

// While a file is read the list can be written, also by the reading process.
func TestImportDoesNotLockWhileReading(t *testing.T) {
	c := newClub(t)
	rows := func(yield func(NewRow, error) bool) {
		for i := range 100 {
			if !yield(NewRow{Line: i, Email: newsletter.Address(fmt.Sprintf("r%d@example.org", i))}, nil) {
				return
			}
		}
		c.join("meanwhile@example.org", newsletter.Weekly)
		yield(NewRow{Line: 100, Email: "meanwhile@example.org"}, nil)
	}
	report, err := c.ImportSubscribers(c.ctx, rows, c.importOptions())
	if err != nil || report.Added != 100 || report.Existing != 1 {
		t.Errorf("%+v, %v", report, err)
	}
}
