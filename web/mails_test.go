package web

import (
	"net/http"
	"strings"
	"testing"
)

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

// newDemo is a site whose mails may be read.
func newDemo(t testing.TB) http.Handler {
	h := newArchive(t, "https://news.example.org")
	for name, content := range map[string]string{
		"outbox/secret":       "secret",
		"outbox/tmp/half":     "secret",
		"outbox/new/.hidden":  "secret",
		"outbox/new/m1@x":     letter,
		"outbox/cur/m2@x:2,S": hostileLetter,
	} {
		h.file(name, content)
	}
	return h.server("en", func(_ *Config, p *Parts) { p.Outbox = h.dir + "/outbox" })
}

func TestMails(t *testing.T) {
	h := newDemo(t)
	for _, c := range []struct {
		target   string
		status   int
		kind     string
		contains string
	}{
		{"/", 200, html, `href="/mails/m1@x"`},
		{"/mails/", 200, html, "Tomás"},
		{"/mails/m1@x", 200, html, "A post horn and a saddle"},
		{"/mails/m1@x/html", 200, html, `<base target="_blank">`},
		{"/mails/m1@x/source", 200, "text/plain; charset=utf-8", "=?utf-8?q?Tom=C3=A1s?="},
		{"/mails/m2@x", 200, html, "&lt;script&gt;"},
		{"/mails/m2@x/html", 404, html, "no such mail"},
		{"/mails/none", 404, html, "no such mail"},
		{"/mails/..%2fsecret", 404, html, "no such mail"},
		{"/mails/.hidden", 404, html, "no such mail"},
		{"/mails/half", 404, html, "no such mail"},
		{"/mails/..%2ftmp%2fhalf", 404, html, "no such mail"},
		{"/mails/new%2fm1@x", 404, html, "no such mail"},
		{"/mails/..%2fsecret/source", 404, html, "no such mail"},
		{"/mails/m2@x:2,S/source", 404, html, "no such mail"},
	} {
		w := get(t, h, c.target)
		body := w.Body.String()
		if w.Code != c.status || w.Header().Get("Content-Type") != c.kind || !strings.Contains(body, c.contains) {
			t.Errorf("%s: got %d %q, want %d %q with %q:\n%s", c.target, w.Code, w.Header().Get("Content-Type"), c.status, c.kind, c.contains, body)
		}
		if strings.Contains(body, "<script") && c.kind == html {
			t.Errorf("%s: what is in a mail became markup:\n%s", c.target, body)
		}
		checkHeaders(t, w)
	}
}

func TestForeignHTMLIsSandboxed(t *testing.T) {
	house := newArchive(t, "https://news.example.org")
	p, err := house.store.Post(t.Context(), "horn")
	house.ok(err)
	id := house.issue(p)
	for target, h := range map[string]http.Handler{"/mails/m1@x/html": newDemo(t), "/issues/" + id: house.server("en")} {
		w := get(t, h, target)
		policy := w.Header().Get("Content-Security-Policy")
		if w.Code != http.StatusOK || !strings.HasPrefix(policy, "sandbox ") || strings.Contains(policy, "allow-scripts") || strings.Contains(policy, "allow-same-origin") {
			t.Errorf("%s: %d, policy %q", target, w.Code, policy)
		}
		if strings.Contains(w.Body.String(), "ada@example.org") {
			t.Errorf("%s tells whose mail it was", target)
		}
	}
}

func TestNoOutboxYet(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en", func(_ *Config, p *Parts) { p.Outbox = house.dir + "/none" })
	if w := get(t, h, "/mails/"); w.Code != http.StatusOK {
		t.Errorf("%d\n%s", w.Code, w.Body)
	}
	if w := get(t, h, "/mails/m1@x"); w.Code != http.StatusNotFound {
		t.Errorf("a mail of no outbox: %d", w.Code)
	}
}
