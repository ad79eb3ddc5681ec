package web

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postrider/feed"
)

func TestFeedsAreServed(t *testing.T) {
	for _, site := range []string{"https://news.example.org", "https://example.org/our%20blog"} {
		house := newArchive(t, site)
		h := house.server("en")
		base := strings.TrimPrefix(strings.TrimPrefix(site, "https://news.example.org"), "https://example.org")
		for path, kind := range map[string]string{
			"/feed.xml": "application/rss+xml", "/atom.xml": "application/atom+xml", "/feed.json": "application/feed+json",
			"/tags/c~23/feed.xml": "application/rss+xml", "/tags/%E4%B8%AD%E6%96%87-%E4%BF%A1/atom.xml": "application/atom+xml",
		} {
			w := get(t, h, base+path)
			header := w.Header()
			if w.Code != http.StatusOK || header.Get("Content-Type") != kind+"; charset=utf-8" || header.Get("ETag") == "" ||
				header.Get("Last-Modified") == "" || header.Get("Cache-Control") != "public, max-age=1800" ||
				header.Get("Access-Control-Allow-Origin") != "*" || header.Get("Set-Cookie") != "" ||
				header.Get("Content-Length") != fmt.Sprint(w.Body.Len()) || !strings.HasPrefix(header.Get("Vary"), "Accept-Encoding") ||
				header.Get("Link") != "<"+site+path+`>; rel="self", <https://hub.example.net/>; rel="hub"` {
				t.Errorf("%s: %d %v", base+path, w.Code, header)
			}
		}
		for _, path := range []string{"/tags/none/feed.xml", "/archive/1/feed.xml", "/archive/0/feed.xml", "/archive/x/atom.xml"} {
			if w := get(t, h, base+path); w.Code != http.StatusNotFound {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
	}
}

func TestFeedsAreValidated(t *testing.T) {
	h := newArchive(t, "https://news.example.org").server("en")
	plain, zipped := get(t, h, "/feed.xml"), get(t, h, "/feed.xml", "Accept-Encoding", "gzip")
	r, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(r); err != nil || string(text) != plain.Body.String() {
		t.Errorf("compressed, the feed reads otherwise: %v", err)
	}
	etag, modified := plain.Header().Get("ETag"), plain.Header().Get("Last-Modified")
	for _, c := range []struct {
		status int
		header []string
	}{
		{304, []string{"If-None-Match", etag}},
		{304, []string{"If-None-Match", "W/" + etag}},
		{304, []string{"If-None-Match", `"x", ` + etag, "If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"}},
		{304, []string{"If-None-Match", "*"}},
		{304, []string{"If-Modified-Since", modified}},
		{304, []string{"If-Modified-Since", "Thu, 01 Jan 2099 00:00:00 GMT"}},
		{304, []string{"If-None-Match", zipped.Header().Get("ETag"), "Accept-Encoding", "gzip"}},
		{200, []string{"If-None-Match", `"x"`, "If-Modified-Since", modified}},
		{200, []string{"If-None-Match", zipped.Header().Get("ETag")}},
		{200, []string{"If-Modified-Since", "yesterday"}},
	} {
		w := get(t, h, "/feed.xml", c.header...)
		if w.Code != c.status {
			t.Errorf("%q: %d, want %d", c.header, w.Code, c.status)
		}
		if w.Code != http.StatusNotModified {
			continue
		}
		if w.Body.Len() > 0 || w.Header().Get("ETag") == "" || w.Header().Get("Cache-Control") == "" || w.Header().Get("Vary") == "" || w.Header().Get("Content-Encoding") != "" {
			t.Errorf("%q: %v", c.header, w.Header())
		}
	}
	head := httptest.NewRecorder()
	h.ServeHTTP(head, httptest.NewRequest(http.MethodHead, "/feed.xml", nil))
	if head.Code != http.StatusOK || head.Body.Len() > 0 || head.Header().Get("Content-Length") != fmt.Sprint(plain.Body.Len()) {
		t.Errorf("HEAD: %d, %v", head.Code, head.Header())
	}
	post := httptest.NewRecorder()
	h.ServeHTTP(post, httptest.NewRequest(http.MethodPost, "/feed.xml", nil))
	if post.Code != http.StatusMethodNotAllowed || post.Header().Get("Allow") != "GET, HEAD, OPTIONS" {
		t.Errorf("POST: %d, %v", post.Code, post.Header())
	}
	person := get(t, h, "/feed.xml", "Sec-Fetch-Dest", "document")
	if person.Header().Get("Content-Type") != "application/xml; charset=utf-8" || !strings.Contains(person.Header().Get("Vary"), "Sec-Fetch-Dest") {
		t.Errorf("for a browser: %v", person.Header())
	}
}

func TestFeedsAreLimited(t *testing.T) {
	house := newArchive(t, "https://news.example.org")
	h := house.server("en", func(c *Config, _ *Parts) { c.FeedRequests = 3 })
	for i := range 5 {
		w := get(t, h, "/feed.xml")
		want := http.StatusOK
		if i >= 3 {
			want = http.StatusTooManyRequests
		}
		if w.Code != want || (w.Header().Get("Retry-After") != "") != (i >= 3) {
			t.Errorf("request %d: %d, Retry-After %q", i+1, w.Code, w.Header().Get("Retry-After"))
		}
	}
}

func TestFeedsFollowChanges(t *testing.T) {
	house := newArchive(t, "https://news.example.org")
	h := house.server("en")
	before := get(t, h, "/feed.xml")
	p := house.post("new.md", "---\ntitle: Newest\n---\nWords.")
	after := get(t, h, "/feed.xml", "If-None-Match", before.Header().Get("ETag"))
	if after.Code != http.StatusOK || !strings.Contains(after.Body.String(), "<title>Newest</title>") {
		t.Errorf("after a post: %d", after.Code)
	}
	house.now = house.now.Add(time.Hour)
	_, err := house.store.WithdrawPosts(t.Context(), house.now, p.ID)
	house.ok(err)
	gone := get(t, h, "/feed.xml", "If-Modified-Since", after.Header().Get("Last-Modified"))
	if gone.Code != http.StatusOK || gone.Body.String() != before.Body.String() {
		t.Errorf("after it was withdrawn: %d (-before +now)\n%s", gone.Code, cmp.Diff(before.Body.String(), gone.Body.String()))
	}
	house.ok(house.store.Close())
	house.now = house.now.Add(time.Hour)
	if w := get(t, h, "/feed.xml"); w.Code != http.StatusOK || w.Body.String() != gone.Body.String() {
		t.Errorf("without a database: %d", w.Code)
	}
}

func TestCoding(t *testing.T) {
	for list, want := range map[string]feed.Coding{
		"": feed.Identity, "gzip": feed.Gzip, "gzip, deflate, br": feed.Brotli, "br;q=0.5, gzip": feed.Gzip, "*": feed.Brotli,
		"br;q=0, *": feed.Gzip, "identity, gzip;q=0.5": feed.Identity, "x-gzip": feed.Gzip, "zstd": feed.Identity, "gzip;q=2": feed.Identity,
		"gzip;q=NaN": feed.Identity, "identity;q=0": feed.Identity,
	} {
		if got := coding(http.Header{"Accept-Encoding": {list}}); got != want {
			t.Errorf("%q: coding %d, want %d", list, got, want)
		}
	}
}

func FuzzFeedRequest(f *testing.F) {
	f.Add("gzip;q=1.0, *;q=0", `W/"x", *`, "Thu, 01 Jan 1970 00:00:00 GMT")
	f.Fuzz(func(t *testing.T, encoding, match, since string) {
		h := http.Header{"Accept-Encoding": {encoding}, "If-Modified-Since": {since}}
		if match != "" {
			h["If-None-Match"] = []string{match}
		}
		c := coding(h)
		if c != feed.Identity && weight(h, c.Token(), "x-gzip") <= 0 {
			t.Errorf("%q is given coding %d", encoding, c)
		}
		if unmodified(h, `"etag"`, time.Time{}) && !strings.Contains(match, `"etag"`) && !strings.Contains(match, "*") {
			t.Errorf("%q matches", match)
		}
	})
}

// A reader that runs in a browser may ask whether there is something new, and sees
// what is wrong.
func TestFeedsForReadersInBrowsers(t *testing.T) {
	house := newArchive(t, "https://news.example.org")
	h := house.server("en", func(c *Config, _ *Parts) { c.FeedRequests = 2 })
	r := httptest.NewRequest(http.MethodOptions, "/feed.json", nil)
	r.Header.Set("Origin", "https://reader.example")
	r.Header.Set("Access-Control-Request-Method", "GET")
	r.Header.Set("Access-Control-Request-Headers", "if-none-match")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusNoContent || !strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "If-None-Match") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	for _, c := range []struct {
		target string
		status int
		shown  string
	}{{"/feed.json", 200, "ETag"}, {"/tags/none/feed.json", 404, ""}, {"/feed.json", 429, "Retry-After"}} {
		w := get(t, h, c.target)
		if w.Code != c.status || w.Header().Get("Access-Control-Allow-Origin") != "*" ||
			!strings.Contains(w.Header().Get("Access-Control-Expose-Headers"), c.shown) {
			t.Errorf("%s: %d %v", c.target, w.Code, w.Header())
		}
	}
}
