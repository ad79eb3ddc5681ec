package post

import (
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
			if tt.want.Body == "" { // of which Parse would warn
				tt.source, tt.want.Body = tt.source+"\nx", "x"
			}
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
