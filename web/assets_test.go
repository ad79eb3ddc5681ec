package web

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestAssets(t *testing.T) {
	house := newArchive(t, "https://news.example.org")
	h := house.server("en")
	front := get(t, h, "/").Body.String()
	for name, begin := range map[string]string{
		"style.css": "/*", "favicon.svg": "<svg", "favicon.ico": "\x00\x00\x01\x00", "feed.css": ":root { --about: \"This is a feed.",
	} {
		plain := get(t, h, "/"+name)
		if plain.Code != http.StatusOK || !strings.HasPrefix(plain.Body.String(), begin) || plain.Header().Get("Cache-Control") != "public, max-age=3600" {
			t.Errorf("%s: %d %v %.20q", name, plain.Code, plain.Header(), plain.Body)
		}
		address := "/" + name + "?v=" + strings.Trim(plain.Header().Get("ETag"), `"`)
		if w := get(t, h, address); !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || !bytes.Equal(w.Body.Bytes(), plain.Body.Bytes()) {
			t.Errorf("%s: %v", address, w.Header())
		}
		if w := get(t, h, "/"+name+"?v=former"); strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s keeps a version that it is not", name)
		}
		if name != "feed.css" && !strings.Contains(front, address) {
			t.Errorf("no page loads %s", address)
		}
	}
	if FeedStyle(house.site) != "https://news.example.org/feed.css" {
		t.Errorf("feeds look for their style at %s", FeedStyle(house.site))
	}
}

func TestOwnIcon(t *testing.T) {
	house := newArchive(t, "https://news.example.org")
	house.file("own/pages/favicon.ico", "\x00\x00\x01\x00\xff\r\nmine")
	house.file("own/pages/favicon.svg", `<svg xmlns="http://www.w3.org/2000/svg"/>`)
	h := house.server("en", func(_ *Config, p *Parts) { p.Templates = house.templatesIn("own") })
	if w := get(t, h, "/favicon.ico"); w.Body.String() != "\x00\x00\x01\x00\xff\r\nmine" {
		t.Errorf("the icon reads %q", w.Body)
	}
	if w := get(t, h, "/favicon.svg"); !strings.HasPrefix(w.Header().Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("an own picture may do what a page may: %v", w.Header())
	}
}

func TestCSSString(t *testing.T) {
	const hostile = "a\"; } * { x: url(\\) \n</style> 订阅 \x7f"
	want := `"a\22 ; } * { x: url(\5c ) \a \3c /style> 订阅 \7f "`
	if got := cssString(hostile); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLargeSitesHaveManyMaps(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	entries := make([]mapEntry, 2*mapEntries+1)
	for i := range entries {
		entries[i] = mapEntry{fmt.Sprintf("https://news.example.org/posts/%d&", i), mapTime(time.Unix(int64(i), 0))}
	}
	address := house.site.JoinPath("sitemap.xml").String()
	index, err := mapPage(entries, address, 0)
	house.ok(err)
	if text := string(index.plain.data); strings.Count(text, "<loc>") != 3 || !strings.Contains(text, "<loc>https://news.example.org/sitemap.xml?page=3</loc>") {
		t.Errorf("the index reads\n%s", text)
	}
	seen := 0
	for n := 1; n <= 3; n++ {
		d, err := mapPage(entries, address, n)
		house.ok(err)
		seen += bytes.Count(d.plain.data, []byte("<url>"))
		if len(d.plain.data) > 50<<20 || bytes.Contains(d.plain.data, []byte("&<")) {
			t.Errorf("map %d has %d octets", n, len(d.plain.data))
		}
	}
	if seen != len(entries) {
		t.Errorf("%d of %d addresses are in the maps", seen, len(entries))
	}
	if _, err := mapPage(entries, address, 4); known(err).status != http.StatusNotFound {
		t.Errorf("a map too far: %v", err)
	}
	if d, err := mapPage(entries[:5], address, 0); err != nil || !bytes.Contains(d.plain.data, []byte("<urlset")) {
		t.Errorf("a small site: %v", err)
	}
}
