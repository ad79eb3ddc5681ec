package main

import (
	"strings"
	"testing"

	"github.com/rivo/uniseg"
)

// However long a slug is, the list leaves at least as much of a line to the title,
// where there is any to share; without a terminal nothing is cut.
func TestPostListSharesTheLine(t *testing.T) {
	long := strings.Repeat("a-very-long-slug-", 8)
	view := postView{Slug: long, Tags: []string{strings.Repeat("topic", 9)}, Title: "Title"}
	for columns, slug := range map[int]int{0: len(long), 40: 14, 80: 16, 120: 36} {
		row := postRow(columns)(view)
		if got := uniseg.StringWidth(row[2].(string)); got != slug {
			t.Errorf("at %d columns the slug has %d, want %d", columns, got, slug)
		}
		if row[4] != view.Title {
			t.Errorf("at %d columns the title is %q", columns, row[4])
		}
	}
}
