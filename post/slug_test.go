package post

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestMakeSlug(t *testing.T) {
	tests := []struct{ in, want string }{
		{"Hello, World!", "hello-world"},
		{"  snake_case & more -- dashes  ", "snake-case-and-more-dashes"},
		{"Crème brûlée", "creme-brulee"},
		{"Cre\u0300me bru\u0302le\u0301e", "creme-brulee"},
		{"你好，世界", "ni-hao-shi-jie"},
		{"Привет", "privet"},
		{"한국어", "hangugeo"},
		{strings.Repeat("word ", 30), strings.TrimSuffix(strings.Repeat("word-", 16), "-")},
		{strings.Repeat("x", 100), strings.Repeat("x", 80)},
		{"a\x00b", "ab"},
	}
	for _, tt := range tests {
		if got := MakeSlug(tt.in); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
	hashed := regexp.MustCompile(`^post-[0-9a-f]{10}$`)
	for _, s := range []string{"🎉", "🎉🎉", "", "!?"} {
		if got := MakeSlug(s); !hashed.MatchString(got) {
			t.Errorf("%q: got %q", s, got)
		}
	}
	if MakeSlug("🎉") == MakeSlug("🎈") {
		t.Error("two titles of emoji share a slug")
	}
	for _, s := range []string{"مرحبا بالعالم", "שלום", "สวัสดี", "नमस्ते", "ゆき"} {
		if got := MakeSlug(s); !ValidSlug(got) || hashed.MatchString(got) {
			t.Errorf("%q: got %q", s, got)
		}
	}
}

func TestValidSlug(t *testing.T) {
	for _, s := range []string{"a", "a-b", "2026", strings.Repeat("a", 80)} {
		if !ValidSlug(s) {
			t.Errorf("%q is refused", s)
		}
	}
	for _, s := range []string{"", "-a", "a-", "a--b", "A", "a b", "a/b", "é", strings.Repeat("a", 81)} {
		if ValidSlug(s) {
			t.Errorf("%q is accepted", s)
		}
	}
}

func TestUniqueSlug(t *testing.T) {
	used := map[string]bool{}
	taken := func(s string) (bool, error) { return used[s], nil }
	long := strings.TrimSuffix(strings.Repeat("abc-", 20), "-")
	for _, tt := range []struct{ base, want string }{
		{"a", "a"}, {"a", "a-2"}, {"a", "a-3"}, {"a-2", "a-2-2"},
		{long, long}, {long, long[:75] + "-2"},
	} {
		got, err := UniqueSlug(tt.base, taken)
		if err != nil || got != tt.want || !ValidSlug(got) {
			t.Errorf("%s: got %q, %v, want %q", tt.base, got, err, tt.want)
		}
		used[got] = true
	}
	broken := errors.New("broken")
	if _, err := UniqueSlug("a", func(string) (bool, error) { return false, broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if _, err := UniqueSlug("a", func(string) (bool, error) { return true, nil }); err == nil {
		t.Error("no error although every slug is taken")
	}
}

func TestGUID(t *testing.T) {
	// 23:30 in New York is the next day in UTC.
	created := time.Date(2026, 11, 23, 23, 30, 0, 0, time.FixedZone("", -5*3600))
	for site, want := range map[string]string{
		"https://News.Example.org:8443/blog": "tag:news.example.org,2026-11-24:abc",
		"https://bücher.example":             "tag:xn--bcher-kva.example,2026-11-24:abc",
		"http://127.0.0.1:8080":              "tag:127.0.0.1,2026-11-24:abc",
		"http://[::1]:8080":                  "tag:localhost,2026-11-24:abc",
	} {
		u, err := url.Parse(site)
		if err != nil {
			t.Fatal(err)
		}
		got := NewGUID(u, created, "abc")
		if got != want || !ValidGUID(got) {
			t.Errorf("%s: got %s, want %s", site, got, want)
		}
	}
	for _, s := range []string{"https://old.example/?p=12", "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a", "tag:x.org,2005:a/b#c", "https://例え.jp/文"} {
		if !ValidGUID(s) {
			t.Errorf("%q is refused", s)
		}
	}
	for _, s := range []string{"", "abc", "/x", "urn:", "a b:c", "urn:a b", "urn:a\u00a0b", "urn:a\x07", "urn:<a>", "1x:y", "x:" + strings.Repeat("y", 1000)} {
		if ValidGUID(s) {
			t.Errorf("%q is accepted", s)
		}
	}
}

func TestNewID(t *testing.T) {
	form := regexp.MustCompile(`^[a-z2-7]{16}$`)
	seen := map[string]bool{}
	for range 1000 {
		id := NewID()
		if !form.MatchString(id) || seen[id] {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
}
