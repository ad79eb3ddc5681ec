package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// newArchive is a site with five posts, the newest of which is Arabic.
func newArchive(t testing.TB, address string) *house {
	h := newHouse(t, address)
	h.post("2026-03-01-first.md", "---\ntags: [History]\n---\nThe first.")
	h.post("2026-03-01-second.md", "---\ntags: [history, 'C#']\n---\nThe second.")
	h.post("2026-03-01-horn.md", "---\ntitle: The <post> horn\ntags: [History]\n---\nBlow the *horn*.\n\n![A horn](horn.png)\n")
	h.post("2026-03-01-fourth.md", "---\ntags: ['中文 信', '中文-信']\nauthor: Ida Quill\n---\nThe fourth.")
	h.post("2026-03-02-pigeons.md", "---\ntitle: حمام\nlang: ar\ntags: [HISTORY]\n---\nرسالة")
	h.file("posts/horn/horn.png", "\x89PNG")
	return h
}

const html = "text/html; charset=utf-8"

func TestArchive(t *testing.T) {
	h := newArchive(t, "https://news.example.org").server("en")
	for _, c := range []struct {
		target   string
		status   int
		kind     string
		contains string
	}{
		{"/", 200, html, `<a href="/posts/pigeons">حمام</a>`},
		{"/", 200, html, `rel="next" href="/?page=2"`},
		{"/?page=2", 200, html, `rel="prev" href="/"`},
		{"/?page=2", 200, html, "First"},
		{"/?page=3", 404, html, "nothing at this address"},
		{"/?page=0", 404, html, "nothing at this address"},
		{"/?page=x", 404, html, "nothing at this address"},
		{"/style.css", 200, "text/css; charset=utf-8", "prefers-color-scheme"},
		{"/posts/horn", 200, html, "The &lt;post&gt; horn</h1>"},
		{"/posts/horn", 200, html, `<link rel="canonical" href="https://news.example.org/posts/horn">`},
		{"/posts/pigeons", 200, html, `<article class="post" lang="ar" dir="rtl">`},
		{"/posts/nobody", 404, html, "nothing at this address"},
		{"/posts/horn/horn.png", 200, "image/png", "PNG"},
		{"/posts/horn/other.png", 404, html, "nothing at this address"},
		{"/tags/history", 200, html, "حمام"},
		{"/tags/history", 200, html, `rel="next" href="/tags/history?page=2"`},
		{"/tags/history?page=2", 200, html, "First"},
		{"/tags/c~23", 200, html, `href="/tags/c~23/feed.json"`},
		{"/tags/%E4%B8%AD%E6%96%87-%E4%BF%A1", 200, html, "中文"},
		{"/tags/none", 404, html, "No post bears this tag"},
		{"/issues/none", 404, html, "no such issue"},
		{"/mails/", 404, html, "nothing at this address"},
		{"/nowhere", 404, html, "nothing at this address"},
	} {
		t.Run(strings.TrimPrefix(c.target, "/"), func(t *testing.T) {
			w := get(t, h, c.target)
			body := w.Body.String()
			if w.Code != c.status || w.Header().Get("Content-Type") != c.kind || !strings.Contains(body, c.contains) {
				t.Errorf("got %d %q, want %d %q with %q:\n%s", w.Code, w.Header().Get("Content-Type"), c.status, c.kind, c.contains, body)
			}
			checkHeaders(t, w)
		})
	}
}

func checkHeaders(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	policy := w.Header().Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script-src") {
		t.Errorf("policy %q", policy)
	}
	if strings.Contains(policy, "unsafe-inline") != strings.Contains(policy, "sandbox") {
		t.Errorf("styles within a page are for sandboxed mail only: %q", policy)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Set-Cookie": ""} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestSiteBelowAPath(t *testing.T) {
	h := newArchive(t, "https://example.org/our%20blog").server("en")
	for target, want := range map[string]string{
		"/our%20blog/":            `<a href="/our%20blog/posts/horn">`,
		"/our%20blog/posts/horn":  `<link rel="stylesheet" href="/our%20blog/style.css?v=`,
		"/our%20blog/style.css":   "color-scheme",
		"/robots.txt":             "Disallow: /our%20blog/confirm/\nDisallow: /our%20blog/unsubscribe/\nDisallow: /our%20blog/preferences/\n\nSitemap: https://example.org/our%20blog/sitemap.xml\n",
		"/our%20blog/sitemap.xml": "<loc>https://example.org/our%20blog/tags/c~23</loc>",
	} {
		if w := get(t, h, target); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d without %s:\n%s", target, w.Code, want, w.Body)
		}
	}
	for _, target := range []string{"/", "/posts/horn", "/style.css"} {
		if w := get(t, h, target); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d, though the site is not there", target, w.Code)
		}
	}
	if w := get(t, h, "/our%20blog"); w.Code/100 != 3 || w.Header().Get("Location") != "/our%20blog/" {
		t.Errorf("without its slash: %d to %q", w.Code, w.Header().Get("Location"))
	}
}

func TestPostsThatAreElsewhereOrGone(t *testing.T) {
	house := newArchive(t, "https://news.example.org")
	ctx := t.Context()
	house.post("2026-03-01-first.md", "---\nslug: primus\n---\nThe first.")
	for slug, end := range map[string]func(id string) error{
		"second": func(id string) error { _, err := house.store.WithdrawPosts(ctx, house.now, id); return err },
		"fourth": func(id string) error { return house.store.DeletePost(ctx, id, house.now) },
	} {
		p, err := house.store.Post(ctx, slug)
		house.ok(err)
		house.ok(end(p.ID))
	}
	house.post("draft.md", "---\ndraft: true\n---\nNot yet.")
	house.post("later.md", "---\ndate: 2027-01-01\n---\nNot yet.")
	h := house.server("en")
	for target, status := range map[string]int{
		"/posts/primus": 200, "/posts/first": 301, "/posts/second": 410, "/posts/fourth": 410,
		"/posts/draft": 404, "/posts/later": 404,
	} {
		w := get(t, h, target)
		if w.Code != status || strings.Contains(w.Body.String(), "Not yet") {
			t.Errorf("%s: %d, want %d:\n%s", target, w.Code, status, w.Body)
		}
	}
	if to := get(t, h, "/posts/first").Header().Get("Location"); to != "/posts/primus" {
		t.Errorf("the former slug leads to %q", to)
	}
	if to := get(t, h, "/posts/primus/").Header().Get("Location"); to != "/posts/primus" {
		t.Errorf("a slash too many leads to %q", to)
	}
	// Also where the page was shown at its former address before.
	house.post("2026-03-01-first.md", "---\nslug: alpha\n---\nThe first.")
	house.now = house.now.Add(time.Minute)
	for _, target := range []string{"/posts/primus", "/posts/primus/picture.png"} {
		if w := get(t, h, target); w.Code != http.StatusMovedPermanently || !strings.HasPrefix(w.Header().Get("Location"), "/posts/alpha") {
			t.Errorf("%s: %d to %q", target, w.Code, w.Header().Get("Location"))
		}
	}
}

func TestNothingOutsideIsServed(t *testing.T) {
	house := newArchive(t, "https://news.example.org")
	house.file("secret.png", "secret")
	house.file("posts/notes.txt", "secret")
	house.file("posts/unused.png", "secret")
	house.file("posts/deep/far.png", "deep")
	house.file("posts/draft.png", "secret")
	house.ok(os.Symlink(filepath.Join(house.dir, "secret.png"), filepath.Join(house.dir, "posts/link.png")))
	house.post("files.md", "![](link.png) ![](../../secret.png) ![](deep/far.png) [notes](notes.txt)")
	house.post("draft.md", "---\ndraft: true\n---\n![](draft.png)")
	h := house.server("en")
	if w := get(t, h, "/posts/files/deep/far.png"); w.Code != http.StatusOK || w.Body.String() != "deep" {
		t.Errorf("a picture in a folder: %d %q", w.Code, w.Body)
	}
	for _, target := range []string{
		"/posts/files/link.png", "/posts/files/notes.txt", "/posts/files/unused.png", "/posts/draft/draft.png", "/posts/files/deep",
		"/posts/files/..%2f..%2fsecret.png", "/posts/files/%2e%2e/%2e%2e/secret.png", "/posts/..%2ffiles/deep/far.png",
		"/posts/files/%5c..%5csecret.png", "/posts/files/deep%2ffar.png%00.png", "/secret.png", "/posts/files/%c0%ae%c0%ae/secret.png",
	} {
		w := get(t, h, target)
		if w.Code == http.StatusOK || w.Code >= 500 || w.Body.String() == "secret" {
			t.Errorf("%s: %d\n%s", target, w.Code, w.Body)
		}
	}
}

func TestOnlyReadingWhereThereIsNothingToDo(t *testing.T) {
	h := newArchive(t, "https://news.example.org").server("en")
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions} {
		for _, target := range []string{"/", "/posts/horn", "/style.css", "/nowhere"} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(method, target, nil))
			if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %d, Allow %q", method, target, w.Code, w.Header().Get("Allow"))
			}
		}
	}
}

func TestLanguages(t *testing.T) {
	house := newArchive(t, "https://news.example.org")
	for language, want := range map[string][2]string{
		"de":    {`<html lang="de" dir="ltr">`, "Ältere Beiträge"},
		"fr-CA": {`<html lang="fr-CA" dir="ltr">`, "Articles plus anciens"},
		"es":    {`<html lang="es" dir="ltr">`, "Artículos anteriores"},
		"zh":    {`<html lang="zh" dir="ltr">`, "更早的文章"},
		"ar":    {`<html lang="ar" dir="rtl">`, "مقالات أقدم"},
		// These have no words of their own: what is in English says so.
		"nl": {`<html lang="en" dir="ltr">`, `<h1 class="site" lang="nl" dir="ltr">`},
		"he": {`<html lang="en" dir="ltr">`, `<li class="entry" lang="he" dir="rtl">`},
		"pt": {`<html lang="en" dir="ltr">`, `<p class="byline" lang="en">`},
		// The words are in simplified characters.
		"zh-TW": {`<html lang="zh" dir="ltr">`, `lang="zh-TW" dir="ltr"`},
	} {
		body := get(t, house.server(language), "/").Body.String()
		if !strings.Contains(body, want[0]) || !strings.Contains(body, want[1]) {
			t.Errorf("%s without %q:\n%s", language, want, body)
		}
	}
}

func TestOwnPageTemplates(t *testing.T) {
	house := newArchive(t, "https://news.example.org")
	house.file("own/pages/error.html", "{{.Body.Words}} Sorry.")
	house.file("broken/pages/error.html", "one\n{{.Body.Word}}")
	own := house.server("en", func(_ *Config, p *Parts) { p.Templates = house.templatesIn("own") })
	if body := get(t, own, "/nowhere").Body.String(); body != "There is nothing at this address. Sorry." {
		t.Errorf("the user's page reads %q", body)
	}
	_, err := Pages(house.templatesIn("broken"), "en")
	if err == nil || !strings.Contains(err.Error(), "error.html:2: no field is called .Word") {
		t.Errorf("the mistake was met by %v", err)
	}
}

func TestGoldenPages(t *testing.T) {
	house := newArchive(t, "https://news.example.org")
	h, dutch := house.server("en"), house.server("nl")
	for name, page := range map[string]struct {
		h      http.Handler
		target string
	}{
		"home": {h, "/"}, "home2": {h, "/?page=2"}, "post": {h, "/posts/pigeons"}, "post-picture": {h, "/posts/horn"},
		"tag": {h, "/tags/history"}, "tags": {h, "/tags"}, "feeds": {h, "/feeds"}, "error": {h, "/nowhere"},
		"home-nl": {dutch, "/"}, "home-empty": {newHouse(t, "https://news.example.org").server("de"), "/"},
		"home-demo": {newDemo(t), "/"}, "mail": {newDemo(t), "/mails/m1@x"}, "mails": {newDemo(t), "/mails/"},
	} {
		golden(t, name+".html", version.ReplaceAll(get(t, page.h, page.target).Body.Bytes(), []byte("?v=…")))
	}
	golden(t, "sitemap.xml", get(t, h, "/sitemap.xml").Body.Bytes())
}

// version is what changes in a page when a style sheet does.
var version = regexp.MustCompile(`\?v=[0-9a-f]{24}`)

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(file, got, 0o644)); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("this differs from %s; look at it and run with -update:\n%s", file, got)
	}
}
