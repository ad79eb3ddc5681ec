package templates_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"postrider/templates"
)

func TestWrap(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"words":       {"one two three four five", "one two three\nfour five"},
		"short":       {"one", "one"},
		"long word":   {"a abcdefghijklmnopqrstuvwxyz b", "a\nabcdefghijklmnopqrstuvwxyz\nb"},
		"link":        {"see https://example.org/a-b/c?d=e now", "see\nhttps://example.org/a-b/c?d=e\nnow"},
		"link in CJK": {"看这里https://example.org/a/b吧", "看这里\nhttps://example.org/a/b\n吧"},
		"CJK":         {"一二三四五六七八九十", "一二三四五六七\n八九十"},
		"code":        {"    one two three four five", "    one two three four five"},
		"tab":         {"\tone two three four five", "\tone two three four five"},
		"quote":       {"> one two three four", "> one two\n> three four"},
		"list":        {"- one two three four", "- one two\n  three four"},
		"numbers":     {"10. one two three", "10. one two\n    three"},
		"footnote":    {"[1]: one two three", "[1]: one two\n     three"},
		"lines":       {"a\n\none two three four", "a\n\none two three\nfour"},
		"spaces":      {"one two three  four", "one two three\nfour"},
	} {
		if got := templates.Wrap(tt.in, 14); got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, tt.want)
		}
	}
}

func TestTidy(t *testing.T) {
	for in, want := range map[string]string{
		"\n\n a \n\n\n b\n\n":          " a\n\n b\n",
		"a\n\n    x\n\n\n    y\n\n\nb": "a\n\n    x\n\n\n    y\n\nb\n",
		"":                             "\n",
	} {
		if got := templates.Tidy(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzWrap(f *testing.F) {
	f.Add("one two three https://example.org/a-b four > 五六七八九")
	f.Add("> > - a\n\tcode  \n")
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || strings.ContainsAny(s, "\r\x00") {
			return
		}
		got := templates.Wrap(s, 20)
		squeeze := func(s string) string { return strings.NewReplacer(" ", "", "\n", "", ">", "").Replace(s) }
		if squeeze(got) != squeeze(s) {
			t.Errorf("text changed:\n%q\n%q", s, got)
		}
		for _, line := range strings.Split(got, "\n") {
			if strings.Count(strings.TrimSpace(line), " ") > 0 && !strings.ContainsAny(line, ">\t") &&
				!strings.HasPrefix(line, "    ") && uniseg.StringWidth(line) > 60 {
				t.Errorf("line of %d columns: %q", uniseg.StringWidth(line), line)
			}
		}
	})
}
