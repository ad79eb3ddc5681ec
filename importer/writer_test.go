package importer

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"postrider/newsletter"
)

func TestRoundTrip(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 120e6, time.UTC)
	rows := []Row{
		{Line: 2, Email: "ann@example.org"},
		{Line: 3, Email: "Bob@xn--bcher-kva.example", Name: `Bob "B", Builder`, State: newsletter.Active, Cadence: newsletter.Weekly,
			Topics: []string{"art", "go"}, Created: at, Confirmed: at.Add(time.Hour)},
		{Line: 4, Email: "käthe@example.org", Name: "Käthe; 李四", State: newsletter.Unsubscribed, Cadence: newsletter.Instant,
			Topics: []string{`"q"`, "c, or c++", "x;y", "z|w"}},
		{Line: 5, Email: "=1+1@example.org", Name: "=HYPERLINK(1)", State: newsletter.Complained, Topics: []string{"[draft]"}},
		{Line: 6, Email: "dan@localhost", Name: "-", State: newsletter.Bounced, Topics: []string{"one, two"}},
		{Line: 7, Email: "eve@example.org", State: newsletter.Pending, Topics: []string{"[1]", "open source"}},
	}
	var b strings.Builder
	w := NewWriter(&b)
	for _, r := range rows {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(strings.NewReader(b.String()), Options{})
	if err != nil || r.Ignored() != nil {
		t.Fatalf("%v, ignored %q", err, r.Ignored())
	}
	var back []Row
	for row, err := range r.All() {
		if err != nil {
			t.Fatal(err)
		}
		back = append(back, row)
	}
	if !reflect.DeepEqual(back, rows) {
		t.Errorf("read back\n%+v\nwrote\n%+v\nas\n%s", back, rows, b.String())
	}
}

func TestWriteNothing(t *testing.T) {
	var b strings.Builder
	if err := NewWriter(&b).Flush(); err != nil || b.String() != "email,name,state,cadence,topics,created_at,confirmed_at\n" {
		t.Errorf("an empty list is %q, %v", b.String(), err)
	}
}

// full is a disk with no room left.
type full struct{}

var errFull = errors.New("no space left on device")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriteFails(t *testing.T) {
	w := NewWriter(full{})
	if err := w.Write(Row{Email: "ann@example.org"}); err != nil {
		t.Fatalf("a buffered row: %v", err)
	}
	if err := w.Flush(); !errors.Is(err, errFull) {
		t.Errorf("error = %v", err)
	}
}
