package mailer

import (
	"context"
	"errors"
	"strings"
	"testing"

	"postrider/newsletter"
)

// shelf is a MouldSource that counts.
type shelf struct {
	moulds map[int64]string
	reads  int
}

func (s *shelf) Mould(_ context.Context, id int64) ([]byte, error) {
	s.reads++
	m, ok := s.moulds[id]
	if !ok {
		return nil, errors.New("no such variant")
	}
	return []byte(m), nil
}

const smallMould = "To: \x01to;header;\x02\r\nMessage-ID: <\x01message;header;\x02@example.org>\r\n\r\nHello\r\n"

func newFiller(t *testing.T, s *shelf) *Filler {
	t.Helper()
	keys, err := newsletter.NewKeyring([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	return &Filler{Moulds: s, Personalizer: Personalizer{Keys: keys}, ReturnPath: "bounce@example.org"}
}

func TestFillerFills(t *testing.T) {
	f := newFiller(t, &shelf{moulds: map[int64]string{7: smallMould}})
	issue := Delivery{Mould: 7, IssueID: "i1", Subscriber: 5, To: "ada@example.com"}
	notice := Delivery{Message: []byte(smallMould), IssueID: "n1", Subscriber: 5, To: "ada@example.com"}
	ids := make(map[string]bool)
	for _, d := range []Delivery{issue, notice} {
		message, env, err := f.Fill(t.Context(), []byte("before"), d)
		if err != nil {
			t.Fatal(err)
		}
		again, _, err := f.Fill(t.Context(), []byte("before"), d)
		if err != nil || string(again) != string(message) {
			t.Errorf("a second filling is %q, %v", again, err)
		}
		got := string(message)
		if !strings.HasPrefix(got, "beforeTo: ") || !strings.Contains(got, "ada@example.com") ||
			!strings.Contains(got, "<"+env.MessageID+">") || !strings.HasSuffix(got, "Hello\r\n") {
			t.Errorf("message %q", got)
		}
		if env.From != "bounce@example.org" || env.To != "ada@example.com" || !strings.HasSuffix(env.MessageID, "@example.org") {
			t.Errorf("envelope %+v", env)
		}
		ids[env.MessageID] = true
	}
	if len(ids) != 2 {
		t.Error("an issue and a notice share a Message-ID")
	}
}

func TestFillerCache(t *testing.T) {
	s := &shelf{moulds: make(map[int64]string)}
	for id := range int64(cachedMoulds + 1) {
		s.moulds[id+1] = smallMould
	}
	f := newFiller(t, s)
	fill := func(id int64) {
		t.Helper()
		if _, _, err := f.Fill(t.Context(), nil, Delivery{Mould: id, To: "ada@example.com"}); err != nil {
			t.Fatal(err)
		}
	}
	for id := range int64(cachedMoulds) {
		fill(id + 1)
	}
	fill(1) // from now on the second is the oldest
	if s.reads != cachedMoulds {
		t.Errorf("%d reads for %d moulds", s.reads, cachedMoulds)
	}
	fill(cachedMoulds + 1)
	fill(1)
	if s.reads != cachedMoulds+1 || f.recent.Len() != cachedMoulds || len(f.byID) != cachedMoulds {
		t.Errorf("%d reads, %d kept", s.reads, f.recent.Len())
	}
	fill(2)
	if s.reads != cachedMoulds+2 {
		t.Errorf("the oldest was still there after %d reads", s.reads)
	}
}

func TestFillerErrors(t *testing.T) {
	f := newFiller(t, &shelf{moulds: map[int64]string{1: "not a mould"}})
	for _, tt := range []struct {
		d    Delivery
		want string
	}{
		{Delivery{Mould: 1, IssueID: "i1", To: "ada@example.com"}, "message of i1 for ada@example.com: variant 1: not a frozen message"},
		{Delivery{Mould: 2, IssueID: "i1", To: "ada@example.com"}, "message of i1 for ada@example.com: no such variant"},
		{Delivery{IssueID: "n1", To: "ada@example.com"}, "message of n1 for ada@example.com: not a frozen message"},
	} {
		if _, _, err := f.Fill(t.Context(), nil, tt.d); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
}
