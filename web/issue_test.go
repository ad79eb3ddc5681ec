package web

import (
	"strings"
	"testing"
)

// An issue was frozen as a mail; on the site it leads on, and says what it is.
func TestIssueIsNoDeadEnd(t *testing.T) {
	house := newHouse(t, "https://news.example.org/blog")
	id := house.issue(house.post("2026-03-01-first.md", "---\ntitle: First & best\n---\nThe first."))
	w := get(t, house.server("en"), "/blog/issues/"+id)
	head, body, _ := strings.Cut(w.Body.String(), "</head>")
	for _, want := range []string{
		`<link rel="canonical" href="https://news.example.org/blog/issues/` + id + `">`,
		`<link rel="alternate" type="application/rss+xml" title="Example News (RSS)" href="/blog/feed.xml">`,
		`<meta property="og:title" content="First &amp; best">`,
	} {
		if !strings.Contains(head, want) {
			t.Errorf("the head lacks %s:\n%s", want, head)
		}
	}
	for _, once := range []string{"<main>", "</main>", "</h1>", "<footer>"} {
		if strings.Count(body, once) != 1 {
			t.Errorf("the body has not one %s:\n%s", once, body)
		}
	}
	if !strings.Contains(body, `<a href="/blog/subscribe"`) || !strings.HasSuffix(strings.TrimSpace(body), "</html>") {
		t.Errorf("no way to subscribe:\n%s", body)
	}
}
