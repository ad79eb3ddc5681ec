package post

import (
	"strings"
	"testing"

	"github.com/rivo/uniseg"
)

func TestShorten(t *testing.T) {
	family := "👩‍👩‍👧‍👦"
	tests := []struct {
		name, in string
		columns  int
		want     string
	}{
		{"fits", "one two", 7, "one two"},
		{"one line", " one\n\ttwo ", 20, "one two"},
		{"at a word", "one two three", 10, "one two…"},
		{"punctuation goes", "one, two – three", 11, "one, two…"},
		{"contraction whole", "I can't", 6, "I…"},
		{"a long word", "abcdefghij", 5, "abcd…"},
		{"Chinese", "春天来了，梅花开了", 9, "春天来了…"},
		{"Chinese punctuation", "春天来了，梅花开了", 11, "春天来了…"},
		{"Katakana whole", "私はコンピュータが好き", 12, "私は…"},
		{"Arabic", "قال لي البائع أهلا", 10, "قال لي…"},
		{"Thai at a phrase", "สวัสดีครับ วันนี้อากาศดีมาก", 14, "สวัสดีครับ…"},
		{"Thai between characters", "กำนำกำนำ", 4, "กำ…"},
		{"family whole", family + family + family, 5, family + family + "…"},
		{"flags whole", "🇦🇹🇩🇪🇨🇭", 5, "🇦🇹🇩🇪…"},
		{"nothing", "", 5, ""},
		{"no room", "abc", 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Shorten(tt.in, tt.columns)
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if w := uniseg.StringWidth(got); w > tt.columns {
				t.Errorf("%d columns of %d", w, tt.columns)
			}
		})
	}
}

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("word ", 100)
	tests := []struct{ name, source, want string }{
		{"summary", "---\nsummary: |\n  The author's\n  own <words>\n---\nBody", "The author's own <words>"},
		{"prose only", "## Heading\n\n![alt](a.png)\n\n```\ncode\n```\n\n| a |\n|---|\n| b |\n\nThe *text* with `code`[^1], [link](x) &amp; more.\n\n- one\n- two\n\n[^1]: note",
			"The text with code, link & more. one two"},
		{"cut", long, strings.Repeat("word ", 55) + "word…"},
		{"nothing", "![only](a.png)", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := article(t, "a.md", tt.source).Excerpt; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
