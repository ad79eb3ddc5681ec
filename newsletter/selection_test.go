package newsletter

import (
	"slices"
	"testing"
)

func pub(n int64, tags ...string) Publication {
	return Publication{Number: n, PostID: string(rune('a' + n)), Revision: 1, Tags: tags}
}

func TestSelect(t *testing.T) {
	pubs := []Publication{pub(3, "go"), pub(1, "go"), pub(2, "art"), pub(4), pub(5, "art", "go")}
	for _, c := range []struct {
		name   string
		g      Group
		want   []int64
		reason Reason
	}{
		{"everything", Group{}, []int64{1, 2, 3, 4, 5}, ""},
		{"above the cursor", Group{Cursor: 3}, []int64{4, 5}, ""},
		{"less what was sent by hand", Group{Cursor: 1, Skip: []int64{2, 4}}, []int64{3, 5}, ""},
		{"one topic", Group{Topics: []string{"go"}}, []int64{1, 3, 5}, ""},
		{"any of the topics", Group{Topics: []string{"art", "go"}}, []int64{1, 2, 3, 5}, ""},
		{"topics and cursor", Group{Cursor: 2, Topics: []string{"art"}, Skip: []int64{5}}, nil, NoTopicMatch},
		{"an unknown topic", Group{Topics: []string{"cats"}}, nil, NoTopicMatch},
		{"all served", Group{Cursor: 5}, nil, NothingNew},
		{"the rest by hand", Group{Cursor: 4, Skip: []int64{5}, Topics: []string{"art"}}, nil, NothingNew},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []int64
			for _, p := range Select(pubs, c.g) {
				got = append(got, p.Number)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("selected %v, want %v", got, c.want)
			}
			if r := c.g.LeftOut(pubs); r != c.reason {
				t.Errorf("left out by %q, want %q", r, c.reason)
			}
		})
	}
}

func TestVariantKey(t *testing.T) {
	a, b := Publication{PostID: "a", Revision: 1}, Publication{PostID: "b", Revision: 12}
	if got := VariantKey([]Publication{a, b}); got != "a@1 b@12" {
		t.Errorf("key = %q", got)
	}
	keys := map[string]bool{}
	for _, list := range [][]Publication{nil, {a}, {b}, {a, b}, {b, a}, {{PostID: "a", Revision: 2}}} {
		if keys[VariantKey(list)] {
			t.Errorf("%v shares its key with another list", list)
		}
		keys[VariantKey(list)] = true
	}
}
