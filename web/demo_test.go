package web

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postrider/feed"
	"postrider/post"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const hostile = `<script>alert("mail")</script>`

const letter = "From: The Saddlebag <letters@example.org>\r\n" +
	"To: =?utf-8?q?Tom=C3=A1s?= <tomas@example.org>\r\n" +
	"Subject: A post horn and\r\n a saddle\r\n" +
	"Date: Mon, 02 Mar 2026 09:00:00 +0000\r\n" +
	"Content-Type: multipart/alternative; boundary=xyz\r\n\r\n" +
	"--xyz\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ncaf=C3=A9 au l=\r\nait\r\n" +
	"--xyz\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
	"PGh0bWw+PGhlYWQ+PHRpdGxlPng8L3RpdGxlPjwvaGVhZD48Ym9keT48cD5ob3JuPC9w\r\nPjwvYm9keT48L2h0bWw+\r\n--xyz--\r\n"

const hostileLetter = "To: <b>@example.org\r\nSubject: " + hostile + "\r\nX-Odd: =?utf-8?q?=3Cimg_src=3Dx=3E?=\r\n" +
	"Content-Type: text/plain\r\n\r\n</pre>" + hostile + "\r\n"

// newDemo makes a site with three posts, two mails and, beside its folders, files
// that nobody may see.
func newDemo(t *testing.T) Demo {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"secret.png":              "secret",
		"outbox/secret":           "secret",
		"outbox/tmp/half":         "secret",
		"outbox/new/.hidden":      "secret",
		"outbox/new/m1@x":         letter,
		"outbox/cur/m2@x:2,S":     hostileLetter,
		"files/horn/horn.png":     "\x89PNG",
		"files/horn/.horn.png":    "secret",
		"files/horn/notes.txt":    "secret",
		"files/horn/deep/far.png": "secret",
	} {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(dir, "secret.png"), filepath.Join(dir, "files/horn/link.png")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(filepath.Join(dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	day := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	return Demo{
		Title: "The Saddlebag", Description: "Letters & roads", Language: "en",
		Posts: []post.Article{
			article("horn", "The <post> horn", "", day, "history", "C#"),
			article("pigeons", "حمام", "ar", day.Add(-time.Hour), "history", "中文 信"),
			article("empty", "Nothing", "", day.Add(-2*time.Hour)),
		},
		Feeds: []feed.File{
			{Path: "feed.xml", Data: []byte("<rss/>")}, {Path: "atom.xml", Data: []byte("<feed/>")}, {Path: "feed.json", Data: []byte("{}")},
			{Path: feed.Path("中文 信", feed.RSS), Data: []byte("<rss>tag</rss>")},
			{Path: feed.Path("C#", feed.JSON), Data: []byte(`{"c":1}`)},
		},
		Issue: func(_ context.Context, id string) (string, error) {
			switch id {
			case "i1":
				return "<html><head></head><body>an issue</body></html>", nil
			case "broken":
				return "", errors.New("database at /home/ida is gone")
			}
			return "", fmt.Errorf("issue: %w", fs.ErrNotExist)
		},
		Outbox: filepath.Join(dir, "outbox"),
		Files:  root.FS(),
		Made:   day,
	}
}

func article(slug, title, lang string, at time.Time, tags ...string) post.Article {
	return post.Article{
		Post: post.Post{Slug: slug, Published: at, Content: post.Content{Title: title, Lang: lang, Tags: tags, Authors: []post.Author{{Name: "Ida Quill"}}}},
		HTML: "<p>Blow the <em>" + slug + "</em>.</p>", Excerpt: "Blow & go.",
	}
}

func get(t *testing.T, h http.Handler, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestRoutes(t *testing.T) {
	h := newDemo(t).Handler()
	const html = "text/html; charset=utf-8"
	for _, c := range []struct {
		target   string
		status   int
		kind     string
		contains string
	}{
		{"/", 200, html, "The &lt;post&gt; horn"},
		{"/style.css", 200, "text/css; charset=utf-8", "prefers-color-scheme"},
		{"/posts/horn", 200, html, "<em>horn</em>"},
		{"/posts/pigeons", 200, html, `dir="rtl" lang="ar"`},
		{"/posts/nobody", 404, html, "no post at this address"},
		{"/posts/horn/horn.png", 200, "image/png", "PNG"},
		{"/posts/horn/other.png", 404, html, "Returned to sender"},
		{"/tags/history", 200, html, "حمام"},
		{"/tags/c~23", 200, html, `href="/tags/c~23/feed.json"`},
		{"/tags/%E4%B8%AD%E6%96%87-%E4%BF%A1", 200, html, "中文 信"},
		{"/tags/none", 404, html, "No post bears this tag"},
		{"/feed.xml", 200, "application/rss+xml; charset=utf-8", "<rss/>"},
		{"/atom.xml", 200, "application/atom+xml; charset=utf-8", "<feed/>"},
		{"/feed.json", 200, "application/feed+json; charset=utf-8", "{}"},
		{"/tags/%E4%B8%AD%E6%96%87-%E4%BF%A1/feed.xml", 200, "application/rss+xml; charset=utf-8", "tag"},
		{"/tags/c~23/feed.json", 200, "application/feed+json; charset=utf-8", `{"c":1}`},
		{"/tags/none/atom.xml", 404, html, "no such feed"},
		{"/issues/i1", 200, html, "an issue"},
		{"/issues/i2", 404, html, "no such issue"},
		{"/issues/broken", 500, html, "went wrong on this side"},
		{"/mails/m1@x", 200, html, "A post horn and a saddle"},
		{"/mails/m1@x/html", 200, html, "<p>horn</p>"},
		{"/mails/m1@x/source", 200, "text/plain; charset=utf-8", "=?utf-8?q?Tom=C3=A1s?="},
		{"/mails/m2@x", 200, html, "&lt;script&gt;"},
		{"/mails/m2@x/html", 404, html, "has no HTML"},
		{"/mails/none", 404, html, "no such mail"},
		{"/subscribe", 200, html, "changes nothing"},
		{"/confirm/t0k3n", 200, html, "changes nothing"},
		{"/unsubscribe/t0k3n", 200, html, "changes nothing"},
		{"/preferences/t0k3n", 200, html, "changes nothing"},
		{"/nowhere", 404, html, "nothing at this address"},
	} {
		t.Run(strings.TrimPrefix(c.target, "/"), func(t *testing.T) {
			w := get(t, h, c.target)
			body := w.Body.String()
			if w.Code != c.status || w.Header().Get("Content-Type") != c.kind || !strings.Contains(body, c.contains) {
				t.Errorf("got %d %q, want %d %q with %q:\n%s", w.Code, w.Header().Get("Content-Type"), c.status, c.kind, c.contains, body)
			}
			if strings.Contains(body, "t0k3n") || strings.Contains(body, "/home/ida") {
				t.Errorf("the page tells what it must not:\n%s", body)
			}
			checkHeaders(t, w)
		})
	}
}

func checkHeaders(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	policy := w.Header().Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "form-action 'none'") || strings.Contains(policy, "script-src") {
		t.Errorf("policy %q", policy)
	}
	if strings.Contains(policy, "unsafe-inline") != strings.Contains(policy, "sandbox") {
		t.Errorf("styles within a page are for sandboxed mail only: %q", policy)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Set-Cookie": ""} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestMailsHTMLIsSandboxed(t *testing.T) {
	h := newDemo(t).Handler()
	for _, target := range []string{"/mails/m1@x/html", "/issues/i1"} {
		policy := get(t, h, target).Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "sandbox ") || strings.Contains(policy, "allow-scripts") || strings.Contains(policy, "allow-same-origin") {
			t.Errorf("%s: policy %q", target, policy)
		}
	}
	if body := get(t, h, "/mails/m1@x/html").Body.String(); !strings.Contains(body, `<base target="_blank">`) {
		t.Errorf("links would open inside the frame:\n%s", body)
	}
}

func TestNothingOutsideIsServed(t *testing.T) {
	h := newDemo(t).Handler()
	for _, target := range []string{
		"/posts/horn/..%2f..%2fsecret.png", "/posts/..%2fhorn/horn.png", "/posts/..%2f..%2f/secret.png", "/posts/%2e%2e/secret.png",
		"/posts/horn/link.png", "/posts/horn/.horn.png", "/posts/horn/notes.txt", "/posts/horn/deep", "/posts/horn/deep%2ffar.png",
		"/posts/horn/%5c..%5c..%5csecret.png", "/posts/horn/horn.png%00.png",
		"/mails/..%2fsecret", "/mails/..%2f..%2fsecret.png", "/mails/.hidden", "/mails/half", "/mails/..%2ftmp%2fhalf", "/mails/new%2fm1@x",
		"/mails/..%2fsecret/source", "/mails/m2@x:2,S/source",
	} {
		w := get(t, h, target)
		if body := w.Body.String(); w.Code < 400 && w.Code/100 != 3 || strings.Contains(body, "secret\n") || body == "secret" {
			t.Errorf("%s: %d\n%s", target, w.Code, body)
		}
	}
}

func TestHostileMailIsText(t *testing.T) {
	h := newDemo(t).Handler()
	for _, target := range []string{"/", "/mails/m2@x"} {
		body := get(t, h, target).Body.String()
		if strings.Contains(body, "<script") || strings.Contains(body, "<img src=x>") || strings.Contains(body, "</pre><") {
			t.Errorf("%s: what is in a mail became markup:\n%s", target, body)
		}
	}
}

func TestConditionalRequests(t *testing.T) {
	h := newDemo(t).Handler()
	for _, target := range []string{"/feed.xml", "/atom.xml", "/feed.json", "/style.css", "/posts/horn/horn.png"} {
		first := get(t, h, target)
		tag, modified := first.Header().Get("ETag"), first.Header().Get("Last-Modified")
		if tag == "" || modified != "Mon, 02 Mar 2026 09:00:00 GMT" {
			t.Fatalf("%s: ETag %q, Last-Modified %q", target, tag, modified)
		}
		if w := get(t, h, target, "If-None-Match", `"x", W/`+tag); w.Code != http.StatusNotModified || w.Body.Len() > 0 || w.Header().Get("ETag") != tag {
			t.Errorf("%s: the same ETag gave %d", target, w.Code)
		}
		if w := get(t, h, target, "If-None-Match", `"x"`, "If-Modified-Since", modified); w.Code != http.StatusOK {
			t.Errorf("%s: another ETag gave %d", target, w.Code)
		}
	}
}

func TestNothingCanBeChanged(t *testing.T) {
	h := newDemo(t).Handler()
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions} {
		for _, target := range []string{"/", "/unsubscribe/t", "/confirm/t", "/mails/m1@x", "/feed.xml"} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(method, target, nil))
			if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %d, Allow %q", method, target, w.Code, w.Header().Get("Allow"))
			}
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodHead, "/feed.xml", nil))
	if w.Code != http.StatusOK || w.Body.Len() != 0 || w.Header().Get("Content-Length") != "6" {
		t.Errorf("HEAD: %d, %q, %v", w.Code, w.Body, w.Header())
	}
}

func TestNoOutboxYet(t *testing.T) {
	d := newDemo(t)
	d.Outbox = filepath.Join(t.TempDir(), "none")
	h := d.Handler()
	if w := get(t, h, "/"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "The outbox is empty") {
		t.Errorf("%d\n%s", w.Code, w.Body)
	}
	if w := get(t, h, "/mails/m1@x"); w.Code != http.StatusNotFound {
		t.Errorf("a mail of no outbox: %d", w.Code)
	}
}

func TestGoldenPages(t *testing.T) {
	h := newDemo(t).Handler()
	for name, target := range map[string]string{
		"home": "/", "post": "/posts/pigeons", "tag": "/tags/history", "reader": "/unsubscribe/t", "error": "/nowhere",
	} {
		got := get(t, h, target).Body.Bytes()
		file := filepath.Join("testdata", name+".html")
		if *update {
			if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(file, got, 0o644)); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s differs from %s; look at it and run with -update:\n%s", target, file, got)
		}
	}
}
