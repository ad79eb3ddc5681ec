package post

import (
	"strings"
	"sync"
	"testing"
)

func TestResolve(t *testing.T) {
	links, err := newResolver("https://news.example/blog/posts/hello")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ ref, want string }{
		{"img/a.png", "https://news.example/blog/posts/hello/img/a.png"},
		{"./a.png", "https://news.example/blog/posts/hello/a.png"},
		{"../other", "https://news.example/blog/posts/other"},
		{"/x", "https://news.example/x"},
		{"#frag", "https://news.example/blog/posts/hello#frag"},
		{"?q=1", "https://news.example/blog/posts/hello?q=1"},
		{"//host.example/x", "https://host.example/x"},
		{"../../../../../x", "https://news.example/x"},
		{"HTTP://Host.example/x", "http://host.example/x"},
		{"https://bücher.example:8080/ü?ä=ö", "https://xn--bcher-kva.example:8080/%C3%BC?ä=ö"},
		{" https://a.example/ ", "https://a.example/"},
		{"mailto:a@example.org", "mailto:a@example.org"},
		{"tel:+4312345", "tel:+4312345"},
		{"", ""},
		{"javascript:alert(1)", ""},
		{"java\nscript:alert(1)", ""},
		{"data:text/html,x", ""},
		{"ftp://a.example/", ""},
		{"https:a.example", ""},
		{"https://", ""},
		{"http://a b/", ""},
		{"file:///etc/passwd", ""},
	}
	for _, tt := range tests {
		if got := links.link(tt.ref); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.ref, got, tt.want)
		}
	}
	for ref, want := range map[string]string{
		"img/a.png":                "https://news.example/blog/posts/hello/img/a.png",
		"../img/a.png":             "https://news.example/blog/posts/hello/-/img/a.png",
		"./x/../../../a b.png?v#f": "https://news.example/blog/posts/hello/-/-/a%20b.png?v#f",
		"\n../a.png":               "https://news.example/blog/posts/hello/-/a.png",
		"/img/a.png":               "https://news.example/img/a.png",
		"//host.example/../a.png":  "https://host.example/a.png",
		"https://a.example/../b":   "https://a.example/b",
		"..":                       "https://news.example/blog/posts/",
		"data:image/png;base64,A":  "",
	} {
		if got := links.media(ref); got != want {
			t.Errorf("media %q: got %q, want %q", ref, got, want)
		}
	}
	if got := links.media("mailto:a@example.org"); got != "" {
		t.Errorf("a mailbox is media: %q", got)
	}
}

func TestLeadImageAndEnclosures(t *testing.T) {
	tests := []struct{ name, source, image, alt string }{
		{"front matter", "---\nimage: {src: lead.png, alt: Lead}\n---\n![B](body.png)", "https://news.example/blog/posts/a/lead.png", "Lead"},
		{"body", "Text ![B](body.png) ![C](c.png)", "https://news.example/blog/posts/a/body.png", "B"},
		{"unusable", "---\nimage: data:image/png;base64,AA\n---\n", "", ""},
		{"none", "Text", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := article(t, "a.md", tt.source)
			if a.Image != tt.image || a.ImageAlt != tt.alt {
				t.Errorf("got %q, %q", a.Image, a.ImageAlt)
			}
		})
	}
	p := Post{Slug: "a", Content: Content{Format: Markdown, Enclosures: []Enclosure{{URL: "talk.mp3"}, {URL: "javascript:x"}}}}
	a, err := testRenderer(t).Article(p)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Enclosures) != 1 || a.Enclosures[0].URL != "https://news.example/blog/posts/a/talk.mp3" {
		t.Errorf("got %+v", a.Enclosures)
	}
	if p.Enclosures[0].URL != "talk.mp3" {
		t.Error("the post itself was changed")
	}
}

func TestFootnotesOfTwoPostsKeepApart(t *testing.T) {
	const source = "Text[^1]\n\n[^1]: Note"
	one, two := article(t, "one.md", source), article(t, "two.md", source)
	if !strings.Contains(one.HTML, `id="one:fn:1"`) || !strings.Contains(one.HTML, `href="https://news.example/blog/posts/one#one:fn:1"`) {
		t.Errorf("no footnote of its own in %s", one.HTML)
	}
	if strings.Contains(two.HTML, "one:") {
		t.Errorf("a footnote of another post in %s", two.HTML)
	}
	if one.Text != "Text[1]\n\n[1] Note\n" {
		t.Errorf("got %q", one.Text)
	}
}

func TestArticleNestedTooDeeply(t *testing.T) {
	p := Post{Slug: "deep", Content: Content{Format: HTML, Body: strings.Repeat("<div>", 600)}}
	if _, err := testRenderer(t).Article(p); err == nil || !strings.Contains(err.Error(), `render post "deep"`) {
		t.Errorf("got %v", err)
	}
}

func TestArticleConcurrently(t *testing.T) {
	r := testRenderer(t)
	p := Post{Slug: "a", Content: Content{Format: Markdown, Body: "A [link](x) and a note[^1]\n\n[^1]: n"}}
	want, err := r.Article(p)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if got, err := r.Article(p); err != nil || got.HTML != want.HTML || got.Text != want.Text {
					t.Errorf("got %q, %v", got.HTML, err)
				}
			}
		})
	}
	wg.Wait()
}
