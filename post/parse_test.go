package post

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseFrontMatter(t *testing.T) {
	no := false
	day := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	full := Source{
		Content: Content{
			Title: "Hello: world", Summary: "Short and plain", Lang: "de-AT", Tags: []string{"Go", "feeds", "News"},
			Authors: []Author{{Name: "Ada", Email: "ada@example.org", URL: "https://ada.example"}, {Name: "Bo", Email: "bo@example.org"}, {Name: "Cy"}},
			Image:   "img/a.png", ImageAlt: "An A", Canonical: "https://old.example/hello",
			Enclosures: []Enclosure{{URL: "talk.mp3", Type: "audio/mpeg", Length: 1234}},
			Mail:       &no, Format: Markdown, Body: "Body\n",
		},
		Slug: "my-slug", GUID: "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a",
		Date: day, LastMod: day.Add(26 * time.Hour), Draft: true,
	}
	tests := []struct {
		name, file, source string
		want               Source
	}{
		{"YAML", "x.md", `---
Title: "Hello: world"
slug: my-slug
date: 2026-01-02
lastmod: 2026-01-03T02:00:00Z
tags: [Go, feeds, go]
categories: News
description: |
  Short
  and plain
authors:
  - {name: Ada, email: ada@example.org, url: https://ada.example}
  - Bo <bo@example.org>
author: Cy
language: de_AT
cover: {image: img/a.png, alt: An A, relative: true}
canonicalURL: https://old.example/hello
guid: urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a
draft: true
mail: false
enclosure: {url: talk.mp3, length: "1234"}
weight: 10
aliases: [/old]
menu: {main: {weight: 1}}
---

Body
`, full},
		{"TOML", "x.md", `+++
title = "Hello: world"
slug = "my-slug"
date = 2026-01-02
updated = 2026-01-03T03:00:00+01:00
tags = ["Go", "feeds"]
categories = ["News", "FEEDS"]
summary = """
Short
and plain"""
lang = "de-AT"
images = ["img/a.png", "img/b.png"]
image_alt = "An A"
canonical = "https://old.example/hello"
guid = "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a"
published = false
mail = false
[[authors]]
name = "Ada"
email = "ada@example.org"
url = "https://ada.example"
[[authors]]
name = "Bo"
email = "bo@example.org"
[[authors]]
name = "Cy"
[enclosure]
url = "talk.mp3"
type = "audio/mpeg"
length = 1_234
[params]
title = "not the title"
+++
Body
`, full},
		{"CRLF and BOM", "x.md", "\ufeff---\r\ntitle: A\r\n---\r\nOne\r\nTwo\rThree\r\n",
			Source{Content: Content{Title: "A", Format: Markdown, Body: "One\nTwo\nThree\n"}, Slug: "x"}},
		{"none, heading", "posts/2026-01-02-first-post.md", "# The *first* `post`\n\nHello\n",
			Source{Content: Content{Title: "The first post", Format: Markdown, Body: "Hello\n"}, Slug: "first-post", Date: day}},
		{"heading underlined", "a.md", "Title\nof two lines\n===\n\nHello\n",
			Source{Content: Content{Title: "Title of two lines", Format: Markdown, Body: "Hello\n"}, Slug: "a"}},
		{"the only heading", "a.md", "Intro\n\n# Title\n\n```\n# not\n```\n",
			Source{Content: Content{Title: "Title", Format: Markdown, Body: "Intro\n\n```\n# not\n```\n"}, Slug: "a"}},
		{"several headings below text", "some_long-name.md", "Intro\n\n# One\n\n# Two\n",
			Source{Content: Content{Title: "Some long name", Format: Markdown, Body: "Intro\n\n# One\n\n# Two\n"}, Slug: "some-long-name"}},
		{"folder", "posts/2026-01-02-über-uns/index.md", "Hello",
			Source{Content: Content{Title: "Über uns", Format: Markdown, Body: "Hello"}, Slug: "uber-uns", Date: day}},
		{"only a date", "2026-01-02.md", "# T",
			Source{Content: Content{Title: "T", Format: Markdown}, Date: day}},
		{"no day of the calendar", "2026-02-30-x.md", "",
			Source{Content: Content{Title: "2026 02 30 x", Format: Markdown}, Slug: "2026-02-30-x"}},
		{"HTML title", "a.htm", "<title>A &amp; B</title><p>x",
			Source{Content: Content{Title: "A & B", Format: HTML, Body: "<title>A &amp; B</title><p>x"}, Slug: "a"}},
		{"HTML heading", "a.HTML", "<h1 class=x>A <i>B</i></h1>\n<p>x",
			Source{Content: Content{Title: "A B", Format: HTML, Body: "<p>x"}, Slug: "a"}},
		{"blank values", "a.md", "---\ntitle: 2026\ndate:\nslug: ''\nlang: \"\"\ntags:\nauthor: ~\nimages: []\n---\nx",
			Source{Content: Content{Title: "2026", Format: Markdown, Body: "x"}, Slug: "a"}},
		{"publishDate", "a.md", "---\ntitle: T\ndate: 2025-01-01\npublishDate: 2026-01-02\n---\n",
			Source{Content: Content{Title: "T", Format: Markdown}, Slug: "a", Date: day}},
		{"aliases", "a.md", "---\nx: &t [one]\ntitle: T\ntags: *t\n---\n",
			Source{Content: Content{Title: "T", Tags: []string{"one"}, Format: Markdown}, Slug: "a"}},
		{"empty front matter", "a.md", "---\n---\nx", Source{Content: Content{Title: "A", Format: Markdown, Body: "x"}, Slug: "a"}},
		{"enclosure list", "a.md", "---\nenclosures: [a.pdf, {url: 'b.bin?x', size: 5}]\n---\n",
			Source{Content: Content{Title: "A", Enclosures: []Enclosure{{URL: "a.pdf", Type: "application/pdf"}, {URL: "b.bin?x", Length: 5}}, Format: Markdown}, Slug: "a"}},
		{"slug made valid", "a.md", "---\nslug: Über Uns/2\n---\n",
			Source{Content: Content{Title: "A", Format: Markdown}, Slug: "uber-uns-2", Warnings: []string{`line 2: slug: "Über Uns/2" is written "uber-uns-2"`}}},
		{"control characters", "a.md", "---\ntitle: \"a\\u0007b\\x81c\"\n---\nx\x00y\n\u0085\ufffez",
			Source{Content: Content{Title: "abc", Format: Markdown, Body: "xy\nz"}, Slug: "a", Warnings: []string{
				"line 4: dropped 3 illegal control characters (U+0000, U+0085, U+FFFE)",
				"title: dropped 2 illegal control characters (U+0007, U+0081)"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.file, []byte(tt.source), ParseOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

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
		{"TOML syntax", "+++\ntitle = 'x'\ndate 5\n+++\n", "a.md:3: front matter is no TOML:"},
		{"no keys", "---\njust words\n---\n", "a.md:2: front matter has no keys; write lines such as title: Hello"},
		{"twice", "---\ntitle: a\nx: 1\nTitle: b\n---\n", "a.md:4: Title: is written twice, before in line 2; keep one"},
		{"bool", "---\ndraft: maybe\n---\n", `a.md:2: draft: "maybe" is neither true nor false`},
		{"lang", "---\nlang: Deutschland!\n---\n", `a.md:2: lang: "Deutschland!" is no language; write a BCP 47 tag such as en, de-AT or zh-Hant`},
		{"guid", "---\nguid: abc def\n---\n", `a.md:2: guid: "abc def" is no absolute URI; write the one the post had, such as urn:uuid:… or https://…`},
		{"canonical", "---\ncanonical: /old\n---\n", `a.md:2: canonical: "/old" is no web address; write it whole, such as https://example.org/post`},
		{"title group", "---\ntitle: {a: b}\n---\n", `a.md:2: title: is a group of keys; write one value`},
		{"tag list", "---\ntags:\n  - [x]\n---\n", `a.md:3: tags: is a list; write one value`},
		{"author", "---\nauthor: {email: a@b.c}\n---\n", `a.md:2: author: has no name; write name: … below it`},
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

func TestParseDate(t *testing.T) {
	vienna := time.FixedZone("", 3600)
	tests := []struct{ in, want string }{
		{"2026-01-02", "2026-01-02T00:00:00+01:00"},
		{" 2026-1-2 ", "2026-01-02T00:00:00+01:00"},
		{"2026-01-02 15:04", "2026-01-02T15:04:00+01:00"},
		{"2026-01-02T15:04", "2026-01-02T15:04:00+01:00"},
		{"2026-01-02 15:04:05", "2026-01-02T15:04:05+01:00"},
		{"2026-01-02T15:04:05", "2026-01-02T15:04:05+01:00"},
		{"2026-01-02T15:04:05Z", "2026-01-02T15:04:05Z"},
		{"2026-01-02t15:04:05.75z", "2026-01-02T15:04:05.75Z"},
		{"2026-01-02T15:04:05-07:00", "2026-01-02T15:04:05-07:00"},
		{"2026-01-02T15:04:05-0700", "2026-01-02T15:04:05-07:00"},
		{"2026-01-02 15:04:05 -0700", "2026-01-02T15:04:05-07:00"},
		{"2026-01-02 15:04:05 -07", "2026-01-02T15:04:05-07:00"},
		{"2026-01-02  15:04 +02:00", "2026-01-02T15:04:00+02:00"},
		{"2026-01-02 15:04:05 UTC", "2026-01-02T15:04:05Z"},
		{"2 Jan 2026", "2026-01-02T00:00:00+01:00"},
		{"Fri, 02 Jan 2026 15:04:05 GMT", "2026-01-02T15:04:05Z"},
		{"9999-12-31T23:00:00-05:00", ""},
		{"1969-12-31", ""},
		{"2026-02-30", ""},
		{"2026-01-02 25:00", ""},
		{"12345-01-02", ""},
		{"tomorrow", ""},
		{"", ""},
	}
	for _, tt := range tests {
		got, err := ParseDate(tt.in, vienna)
		switch {
		case tt.want == "" && err == nil:
			t.Errorf("%q gives %v and no error", tt.in, got)
		case tt.want != "" && err != nil:
			t.Error(err)
		case tt.want != "" && got.Format(time.RFC3339Nano) != tt.want:
			t.Errorf("%q: got %s, want %s", tt.in, got.Format(time.RFC3339Nano), tt.want)
		}
	}
}

func TestNewIsReadBack(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 30, 15, 5, time.FixedZone("", 3600))
	for _, title := range []string{"Hello", `"Quoted": 'it' # not a comment`, "- [x] {{.}}", "--- x", "你好", "🎉", "null", "2026-01-01", "a\nb", "yes", strings.Repeat("word ", 55)} {
		name, content, err := New(title, now)
		if err != nil {
			t.Fatal(err)
		}
		src, err := Parse(name, content, ParseOptions{})
		if err != nil {
			t.Fatalf("%s\n%v", content, err)
		}
		if src.Title != oneLine(title) || !src.Draft || !src.Date.Equal(now.Truncate(time.Second)) || src.Slug != MakeSlug(title) {
			t.Errorf("%q is read back as %+v from\n%s", title, src, content)
		}
	}
	if _, _, err := New(" \n", now); err == nil {
		t.Error("an empty title is accepted")
	}
	name, content, err := New("Ein: Titel", now)
	if err != nil {
		t.Fatal(err)
	}
	want := "---\ntitle: 'Ein: Titel'\ndate: 2026-11-24T09:30:15+01:00\ndraft: true\n---\n\n"
	if name != "2026-11-24-ein-titel.md" || string(content) != want {
		t.Errorf("got %s\n%s", name, content)
	}
}
