package post

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMayMail(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	week := 7 * 24 * time.Hour
	yes, no := true, false
	tests := []struct {
		name string
		mail *bool
		date time.Time
		want bool
	}{
		{"today", nil, now, true},
		{"no date", nil, time.Time{}, true},
		{"future", nil, now.Add(week), true},
		{"at the limit", nil, now.Add(-week), true},
		{"past the limit", nil, now.Add(-week - 1), false},
		{"old, but yes", &yes, now.Add(-10 * week), true},
		{"today, but no", &no, now, false},
	}
	for _, tt := range tests {
		if got := (Content{Mail: tt.mail}).MayMail(tt.date, now, week); got != tt.want {
			t.Errorf("%s: got %v", tt.name, got)
		}
	}
}

func TestHash(t *testing.T) {
	base := Content{Title: "T", Format: Markdown, Body: "b"}
	sum := base.Hash()
	// What is stored in people's databases must not change under them.
	if got, want := hex.EncodeToString(sum[:8]), "a33c341619d96dae"; got != want {
		t.Errorf("the hash of known content is %s, was %s", got, want)
	}
	same := base
	same.Tags = []string{}
	if same.Hash() != sum {
		t.Error("no tags and nil tags differ")
	}
	yes := true
	for i, c := range []Content{
		{Title: "U", Format: Markdown, Body: "b"},
		{Title: "T", Format: HTML, Body: "b"},
		{Title: "T", Format: Markdown, Body: "b", Mail: &yes},
		{Title: "T", Format: Markdown, Body: "b", Tags: []string{"x"}},
		{Title: "T", Format: Markdown, Body: "b", Enclosures: []Enclosure{{URL: "x"}}},
	} {
		if c.Hash() == sum {
			t.Errorf("change %d keeps the hash", i)
		}
	}
}

func TestClean(t *testing.T) {
	c := Content{
		Title: "a\x00b", Body: "\x1b[1mx\xff", Tags: []string{"t\u0085"}, Authors: []Author{{Name: "n\ufffe"}},
		Enclosures: []Enclosure{{URL: "u\x7f"}}, Format: Markdown,
	}
	if c.Validate() == nil {
		t.Error("illegal characters are accepted")
	}
	warnings := c.Clean()
	if c.Title != "ab" || c.Body != "[1mx" || c.Tags[0] != "t" || c.Authors[0].Name != "n" || c.Enclosures[0].URL != "u" {
		t.Errorf("got %+v", c)
	}
	if len(warnings) != 5 || warnings[0] != "title: dropped an illegal control character (U+0000)" {
		t.Errorf("got %q", warnings)
	}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	if again := c.Clean(); len(again) != 0 {
		t.Errorf("cleaned twice: %q", again)
	}
}

func TestValidate(t *testing.T) {
	good := func() Post {
		return Post{ID: "x", GUID: "urn:x", Slug: "s", State: Draft, Content: Content{Title: "T", Format: Markdown}}
	}
	if err := good().Validate(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		want   string
		change func(*Post)
	}{
		{"id: is empty", func(p *Post) { p.ID = "" }},
		{"guid:", func(p *Post) { p.GUID = "x" }},
		{"slug:", func(p *Post) { p.Slug = "A" }},
		{"state:", func(p *Post) { p.State = "gone" }},
		{"a scheduled post needs its time", func(p *Post) { p.State = Scheduled }},
		{"title: is empty", func(p *Post) { p.Title = " " }},
		{"title: has 301", func(p *Post) { p.Title = strings.Repeat("🇦🇹", 301) }},
		{"format:", func(p *Post) { p.Format = "rst" }},
		{"lang:", func(p *Post) { p.Lang = "!" }},
		{"enclosure:", func(p *Post) { p.Enclosures = []Enclosure{{URL: "x", Length: -1}} }},
	}
	for _, tt := range tests {
		p := good()
		tt.change(&p)
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("want %q, got %v", tt.want, err)
		}
	}
	states := []State{Draft, Published, Withdrawn}
	if slices.ContainsFunc(states, func(s State) bool { p := good(); p.State = s; return p.Validate() != nil }) {
		t.Error("a known state is refused")
	}
}
