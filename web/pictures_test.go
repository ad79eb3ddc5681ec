package web

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestWaysToKeepPictures takes each address from the article, as feeds and mails
// do, and asks for it.
func TestWaysToKeepPictures(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	const picture = "\x89PNG"
	for _, c := range []struct{ post, file, reference string }{
		{"beside.md", "posts/beside.png", "beside.png"},
		{"dotted.md", "posts/dotted.png", "./dotted.png"},
		{"named.md", "posts/named/a.png", "a.png"},
		{"seen.md", "posts/seen/a.png", "seen/a.png"},
		{"2026-01-01-dated.md", "posts/2026-01-01-dated/a.png", "2026-01-01-dated/a.png"},
		{"bundle/index.md", "posts/bundle/img/a.png", "img/a.png"},
		{"uncle.md", "img/uncle.png", "../img/uncle.png"},
		{"deep/index.md", "assets/deep.png", "../../assets/deep.png"},
		{"rooted.md", "static/img/rooted.png", "/img/rooted.png"},
		{"odd.md", "posts/My (horn), ça & it's 100%.png", "<My (horn), ça & it's 100%25.png>"},
		{"escaped.md", "posts/a b.png", "a%20b.png"},
		{"asked.md", "posts/asked.png", "asked.png?v=2#x"},
		{"2026-01-02-renamed.md", "posts/renamed/a.png", "a.png"},
	} {
		house.file(c.file, picture)
		head := ""
		if strings.Contains(c.post, "renamed") {
			head = "---\nslug: another-name\n---\n"
		}
		p := house.post(c.post, head+"![A]("+c.reference+")")
		a, err := house.renderer.Article(p)
		house.ok(err)
		h := house.server("en", func(_ *Config, p *Parts) { p.Static = filepath.Join(house.dir, "static") })
		address, ours := strings.CutPrefix(a.Image, "https://news.example.org")
		if w := get(t, h, strings.Split(address, "#")[0]); !ours || w.Code != http.StatusOK || w.Body.String() != picture {
			t.Errorf("%s in %s at %q: %d", c.reference, c.post, address, w.Code)
		}
	}
}

func TestPicturesGoNoHigher(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	house.file("site/posts/keep", "")
	house.file("secret.png", "secret")
	house.file("posts/near.png", "near")
	house.file("elsewhere/posts/x.md", "")
	house.file("elsewhere/img/near.png", "near")
	house.post("a.md", "![](../../secret.png) ![](../../../secret.png)")
	// The same post as one of a site whose folder is a level deeper.
	h := house.server("en", func(_ *Config, p *Parts) { p.Sources = filepath.Join(house.dir, "site") })
	for _, target := range []string{"/posts/a/-/-/secret.png", "/posts/a/-/-/-/secret.png", "/posts/a/-/secret.png"} {
		if w := get(t, h, target); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	site := filepath.Join(house.dir, "site")
	outside := filepath.Join(house.dir, "elsewhere", "posts", "x.md")
	if f, err := openBeside(site, outside, "x", "-/img/near.png"); err != nil {
		t.Errorf("a post from elsewhere and its next folder: %v", err)
	} else {
		f.Close()
	}
	if f, err := openBeside(site, outside, "x", "-/-/secret.png"); err == nil {
		f.Close()
		t.Error("a post from elsewhere led two folders up")
	}
}

func TestMissingFiles(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	house.file("posts/here.png", "")
	house.file("img/up.png", "")
	p := house.post("a.md", "---\nimage: lead.jpg\nenclosure: ep.mp3\n---\n"+
		"![](here.png) ![](../img/up.png) ![](./gone.png) ![](gone.png) ![](../img/gone.png) ![](https://example.com/x.png) [a page](other)\n\n<audio src=\"song.ogg\"></audio>")
	a, err := house.renderer.Article(p)
	house.ok(err)
	want := []string{"lead.jpg", "gone.png", "-/img/gone.png", "song.ogg", "ep.mp3"}
	if got := MissingFiles(house.dir, a); !slices.Equal(got, want) {
		t.Errorf("missing %q, want %q", got, want)
	}
	a.Source = ""
	if got := MissingFiles(house.dir, a); len(got) != 0 {
		t.Errorf("a post without a file lacks %q", got)
	}
}

func TestPicturesOfFormerSlugs(t *testing.T) {
	house := newArchive(t, "https://news.example.org")
	house.post("2026-03-01-horn.md", "---\nslug: cornet\n---\n![A horn](horn.png)")
	house.file("posts/horn.png", "\x89PNG")
	w := get(t, house.server("en"), "/posts/horn/horn.png")
	if w.Code != http.StatusMovedPermanently || w.Header().Get("Location") != "/posts/cornet/horn.png" {
		t.Errorf("mails that went out show %d, %q", w.Code, w.Header().Get("Location"))
	}
}

func TestStaticFiles(t *testing.T) {
	house := newArchive(t, "https://news.example.org/blog")
	house.file("secret.txt", "secret")
	for name, text := range map[string]string{"img/a.svg": "<svg/>", "a.html": "<script>1</script>", ".env": "secret",
		".well-known/security.txt": "Contact", ".well-known/.env": "secret", "img/.git/config": "secret", "README": "read"} {
		house.file("static/"+name, text)
	}
	house.ok(os.Symlink("../secret.txt", filepath.Join(house.dir, "static/link.txt")))
	h := house.server("en", func(_ *Config, p *Parts) { p.Static = filepath.Join(house.dir, "static") })
	for target, kind := range map[string]string{
		"/img/a.svg": "image/svg+xml", "/a.html": html, "/README": "application/octet-stream",
		"/.well-known/security.txt": "text/plain; charset=utf-8",
		"/.env":                     "", "/.well-known/.env": "", "/img/.git/config": "", "/link.txt": "", "/img": "", "/img/": "", "/": "",
		"/..%2fsecret.txt": "", "/%2e%2e/secret.txt": "", "/none.png": "", "/blog/img/a.svg": "",
	} {
		w := get(t, h, target)
		switch {
		case kind == "" && (w.Code < 300 || w.Code >= 500 || w.Body.String() == "secret"):
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		case kind != "" && (w.Code != http.StatusOK || w.Header().Get("Content-Type") != kind):
			t.Errorf("%s: %d %q", target, w.Code, w.Header().Get("Content-Type"))
		case kind != "" && !strings.HasPrefix(w.Header().Get("Content-Security-Policy"), "sandbox"):
			t.Errorf("%s may run: %q", target, w.Header().Get("Content-Security-Policy"))
		}
	}
}

// What an enclosure or a link offers to take along is there, and is saved, not opened.
func TestDocumentsAreOffered(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	house.file("posts/plan.pdf", "%PDF")
	house.file("posts/secret.pdf", "%PDF")
	house.post("a.md", "---\nenclosure: {url: plan.pdf, type: application/pdf}\n---\nThe plan.")
	h := house.server("en")
	w := get(t, h, "/posts/a/plan.pdf")
	if w.Code != http.StatusOK || w.Header().Get("Content-Disposition") != "attachment" || w.Body.String() != "%PDF" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := get(t, h, "/posts/a/secret.pdf"); w.Code != http.StatusNotFound {
		t.Errorf("what no post names: %d", w.Code)
	}
}

// A file that is replaced by an older one is another file.
func TestAnOlderFileIsNew(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	house.file("posts/a.png", "first")
	house.post("a.md", "![A](a.png)")
	h := house.server("en")
	first := get(t, h, "/posts/a/a.png").Header()
	house.file("posts/a.png", "older")
	old := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	house.ok(os.Chtimes(filepath.Join(house.dir, "posts/a.png"), old, old))
	w := get(t, h, "/posts/a/a.png", "If-None-Match", first.Get("ETag"), "If-Modified-Since", first.Get("Last-Modified"))
	if w.Code != http.StatusOK || w.Body.String() != "older" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}
