package store

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFeedReaders(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	see := func(seen ...FeedReader) {
		t.Helper()
		if err := s.SeeFeedReaders(ctx, seen); err != nil {
			t.Fatal(err)
		}
	}
	holds := func(want ...FeedReader) {
		t.Helper()
		got, err := s.FeedReaders(ctx)
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%v (-want +got)\n%s", err, cmp.Diff(want, got))
		}
	}
	see()
	holds()
	feedly := FeedReader{"feed.xml", "Feedly", "", 16, "2026-03-02"}
	first, second := FeedReader{"feed.xml", "Feedbin", "1", 4, "2026-03-02"}, FeedReader{"feed.xml", "Feedbin", "2", 5, "2026-03-02"}
	see(first, feedly, second)
	holds(feedly, second, first)

	changes := value[int64](t, s, `SELECT total_changes()`)
	see(first, feedly, FeedReader{"feed.xml", "Feedly", "", 9, "2026-03-01"}) // by a process that was slow
	if n := value[int64](t, s, `SELECT total_changes()`); n != changes {
		t.Errorf("%d rows were written to say the same", n-changes)
	}
	feedly.Subscribers, second.Day = 15, "2026-03-03"
	see(feedly, second)
	holds(feedly, second, first)

	later := FeedReader{"atom.xml", "Feedly", "", 1, "2026-04-02"}
	see(later) // thirty days after the second, more after the others
	holds(later, second)
}

func TestFeedReadersAreBounded(t *testing.T) {
	s := newStore(t)
	var seen []FeedReader
	for i := range mostReaders + 100 {
		seen = append(seen, FeedReader{"feed.xml", "Feedbin", fmt.Sprint(i), int64(i), "2026-03-02"})
	}
	if err := s.SeeFeedReaders(t.Context(), seen); err != nil {
		t.Fatal(err)
	}
	got, err := s.FeedReaders(t.Context())
	if err != nil || len(got) != mostReaders || got[len(got)-1].Subscribers != 100 {
		t.Errorf("%d are kept, %v", len(got), err)
	}
}
