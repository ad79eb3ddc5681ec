package post

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFoldTag(t *testing.T) {
	tests := []struct{ tag, want string }{
		{"Go", "go"},
		{"  Machine \t Learning\n", "machine learning"},
		{"open-source", "open-source"},
		{"Café", "café"},
		{"Cafe\u0301", "café"},
		{"STRASSE", "strasse"},
		{"Straße", "strasse"},
		{"ΣΊΣΥΦΟΣ", "σίσυφοσ"},
		{"Σίσυφος", "σίσυφοσ"},
		{"ᏣᎳᎩ", "ᏣᎳᎩ"},
		{"ꮳꮃꭹ", "ᏣᎳᎩ"},
		{"機械学習", "機械学習"},
		{"تعلّم الآلة", "تعلّم الآلة"},
		{"\u200fعربي\u200f", "عربي"},
		{"می\u200cخواهم", "می\u200cخواهم"},
		{"👩\u200d💻", "👩\u200d💻"},
		{"a\u00a0b\u3000c", "a b c"},
		{"a\x00b\x7f", "ab"},
		{"a\xffb", "ab"},
		{" \u200b\ufeff ", ""},
		{"", ""},
	}
	for _, tt := range tests {
		if got := FoldTag(tt.tag); got != tt.want {
			t.Errorf("FoldTag(%q) = %q, want %q", tt.tag, got, tt.want)
		}
	}
}

func TestTagSlug(t *testing.T) {
	tests := []struct{ tag, want string }{
		{"Go", "go"},
		{"Machine Learning", "machine-learning"},
		{"C", "c"},
		{"C#", "c~23"},
		{"C++", "c++"},
		{".NET", "~2enet"},
		{"..", "~2e."},
		{"a/b", "a~2fb"},
		{"../../etc", "~2e.~2f..~2fetc"},
		{`a\b:c*d?e"f<g>h|i`, "a~5cb~3ac~2ad~3fe~22f~3cg~3eh~7ci"},
		{"100%", "100~25"},
		{"a~b", "a~7eb"},
		{"機械 学習", "機械-学習"},
		{"Привет", "привет"},
		{"🎉", "🎉"},
		{"  ", ""},
	}
	for _, tt := range tests {
		if got := TagSlug(tt.tag); got != tt.want {
			t.Errorf("TagSlug(%q) = %q, want %q", tt.tag, got, tt.want)
		}
	}
}

func TestTagSlugOfLongTags(t *testing.T) {
	long := strings.Repeat("長い", 200)
	a, b := TagSlug(long+"a"), TagSlug(long+"b")
	if len(a) > maxTagSlug || len(b) > maxTagSlug {
		t.Errorf("slugs have %d and %d octets, want at most %d", len(a), len(b), maxTagSlug)
	}
	if a == b {
		t.Errorf("two long tags share the slug %q", a)
	}
}

func FuzzTag(f *testing.F) {
	for _, s := range []string{"Go", "C#", "../x", "Straße", "\u0345Α", "機械 学習", "\xff", "a b-c", "İ", "Ꮊ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, tag string) {
		folded := FoldTag(tag)
		if again := FoldTag(folded); again != folded {
			t.Errorf("FoldTag(%q) = %q, and of that %q", tag, folded, again)
		}
		slug := TagSlug(tag)
		if (slug == "") != (folded == "") {
			t.Errorf("TagSlug(%q) = %q, but the tag folds to %q", tag, slug, folded)
		}
		if slug != TagSlug(folded) {
			t.Errorf("TagSlug(%q) differs from that of its folded form", tag)
		}
		if !utf8.ValidString(slug) || strings.ContainsAny(slug, "/\\ \x00?#%") || strings.HasPrefix(slug, ".") || len(slug) > maxTagSlug {
			t.Errorf("TagSlug(%q) = %q is no safe name", tag, slug)
		}
		u := (&url.URL{Scheme: "https", Host: "example.org", Path: "/"}).JoinPath("tags", slug)
		if back, err := url.Parse(u.String()); err != nil || back.Path != u.Path {
			t.Errorf("address %s does not read back: %v", u, err)
		}
	})
}
