package post

import (
	"errors"
	"strings"
	"testing"
)

func TestParseErrors(t *testing.T) {
	tests := []struct{ name, source, want string }{
		{"date", "---\ntitle: x\n\ndate: \"31.12.2026\"\n---\n",
			`a.md:4: date: "31.12.2026" is no date; write 2026-12-31 or 2026-12-31T09:00:00+01:00`},
		{"date list", "---\nDate: [1]\n---\n", `a.md:2: Date: is a list; write one value`},
		{"year", "---\ndate: 0001-01-01T00:00:00Z\n---\n", `a.md:2: date: "0001-01-01T00:00:00Z" is outside the years 1970 to 9999`},
		{"TOML date", "+++\ntitle = 'x'\ndate = '1.2.3'\n+++\n",
			`a.md:3: date: "1.2.3" is no date; write 2026-12-31 or 2026-12-31T09:00:00+01:00`},
		{"TOML group", "+++\ntitle = 'x'\n\n[enclosure]\nurl = 'a'\nlength = 'b'\n+++\n",
			`a.md:4: length: "b" is no number of bytes; write one such as 1048576`},
		{"unclosed", "---\ntitle: x\n", "a.md:1: front matter that opens here with --- is never closed; end it with a line ---"},
		{"unclosed TOML", "+++\ntitle = 1\n---\n", "a.md:1: front matter that opens here with +++ is never closed; end it with a line +++"},
		{"colon", "---\nslug: x\ntitle: Foo: bar\n---\n",
			`a.md:3: front matter is no YAML: mapping values are not allowed in this context; put a value that holds ": " in quotes`},
		{"tab", "---\n\ttitle: x\n---\n", "a.md:2: front matter is no YAML: found character that cannot start any token; indent with spaces"},
		{"open quote", "---\ntitle: \"x\n---\n", "a.md:3: front matter is no YAML: found unexpected end of stream; a quote or bracket before is never closed"},
		{"TOML syntax", "+++\ntitle = 'x'\ndate 5\n+++\n", "a.md:3: front matter is no TOML:"},
		{"no keys", "---\njust words\n---\n", "a.md:2: front matter has no keys; write lines such as title: Hello"},
		{"twice", "---\ntitle: a\nx: 1\nTitle: b\n---\n", "a.md:4: Title: is written twice, before in line 2; keep one"},
		{"bool", "---\ndraft: maybe\n---\n", `a.md:2: draft: "maybe" is neither true nor false`},
		{"lang", "---\nlang: Deutschland!\n---\n", `a.md:2: lang: "Deutschland!" is no language; write a BCP 47 tag such as en, de-AT or zh-Hant`},
		{"guid", "---\nguid: abc def\n---\n", `a.md:2: guid: "abc def" is no absolute URI; write the one the post had, such as urn:uuid:… or https://…`},
		{"canonical", "---\ncanonical: /old\n---\n", `a.md:2: canonical: "/old" is no web address; write it whole, such as https://example.org/post`},
		{"title group", "---\ntitle: {a: b}\n---\n", `a.md:2: title: is a group of keys; write one value`},
		{"tag group", "---\ntitle: x\ntags: {a: b}\n---\n", `a.md:3: tags: is a group of keys; write a list such as [one, two]`},
		{"tag list", "---\ntags:\n  - [x]\n---\n", `a.md:3: tags: is a list; write one value`},
		{"author", "---\nauthor: {email: a@b.c}\n---\n", `a.md:2: author: has no name; write name: … below it`},
		{"author's address", "---\nauthor:\n  name: A\n  email: foo\n---\n",
			`a.md:4: email: "foo" is no mail address; write one such as ada@example.org, or take the line out`},
		{"enclosure", "---\nenclosure: {type: a/b}\n---\n", `a.md:2: enclosure: has no url; write url: … below it`},
		{"second date too", "---\npublishDate: 2026-01-01\ndate: soon\n---\n", `a.md:3: date: "soon" is no date`},
		{"long title", "---\n\ntitle: " + strings.Repeat("x", 301) + "\n---\n", "a.md:3: title: has 301 characters; 300 is the most"},
		{"UTF-8", "# T\n\nab\xe9c\n", "a.md:3: octet 0xE9 at offset 7 is not valid UTF-8; save the file as UTF-8"},
		{"UTF-16", "\xff\xfeT\x00", "a.md:1: octet 0xFF at offset 0 is not valid UTF-8"},
		{"size", strings.Repeat("x", 2<<20+1), "a.md: has 2.0 MiB, more than the limit of 2.0 MiB; shorten it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("a.md", []byte(tt.source), ParseOptions{MaxBytes: 2 << 20})
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Fatalf("got  %v\nwant %s", err, tt.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error of several lines: %q", err)
			}
			var at *ParseError
			if !errors.As(err, &at) || at.File != "a.md" {
				t.Errorf("%T does not name the file", err)
			}
		})
	}
}

func TestParseWithoutName(t *testing.T) {
	if _, err := Parse("", []byte("no heading"), ParseOptions{}); err == nil || !strings.Contains(err.Error(), "title: is empty") {
		t.Errorf("a post without any title: %v", err)
	}
	src, err := Parse("", []byte("# 你好"), ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if src.Slug != "" || src.Title != "你好" {
		t.Errorf("got slug %q, title %q", src.Slug, src.Title)
	}
}

func TestParseAliasBomb(t *testing.T) {
	var b strings.Builder
	b.WriteString("---\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < 9; i++ {
		n := string(rune('0' + i))
		p := "*a" + string(rune('0'+i-1))
		b.WriteString("a" + n + ": &a" + n + " [" + strings.TrimSuffix(strings.Repeat(p+",", 10), ",") + "]\n")
	}
	b.WriteString("---\n")
	if _, err := Parse("a.md", []byte(b.String()), ParseOptions{}); err == nil || !strings.Contains(err.Error(), "too many values") {
		t.Errorf("got %v", err)
	}
}

func TestParseWarnsOfNothingToRead(t *testing.T) {
	for source, want := range map[string]int{
		"":                            1,
		"---\ntitle: A\n---\n \n":     1,
		"---\nsummary: Words.\n---\n": 0,
		"---\ndraft: true\n---\n":     0,
		"A body.":                     0,
	} {
		src, err := Parse("a.md", []byte(source), ParseOptions{})
		if err != nil || len(src.Warnings) != want {
			t.Errorf("%q: warnings %q, %v", source, src.Warnings, err)
		}
	}
}
