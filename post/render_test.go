package post

import (
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file, or writes it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func testRenderer(t testing.TB) *Renderer {
	t.Helper()
	site, err := url.Parse("https://news.example/blog")
	if err != nil {
		t.Fatal(err)
	}
	return NewRenderer(site)
}

// article parses and renders a source.
func article(t testing.TB, name, source string) Article {
	t.Helper()
	src, err := Parse(name, []byte(source), ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := testRenderer(t).Article(Post{Slug: src.Slug, Content: src.Content})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestArticleGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/articles/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if ext := filepath.Ext(file); ext != ".md" && filepath.Base(file) != "page.html" {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			a := article(t, file, string(source))
			base := strings.TrimSuffix(file, filepath.Ext(file))
			golden(t, base+".golden.html", a.HTML+"\n")
			golden(t, base+".golden.txt", "Title: "+a.Title+"\nExcerpt: "+a.Excerpt+"\nImage: "+a.Image+"\n\n"+a.Text)
			checkSafe(t, a)
			checkLinks(t, a)
		})
	}
}

// What Check lets through always renders.
func TestCheckRefusesWhatCannotBeRendered(t *testing.T) {
	r := testRenderer(t)
	for _, c := range []Content{
		{Format: HTML, Body: strings.Repeat("<div>", 700)},
		{Format: Markdown, Body: strings.Repeat("> ", 700) + "x"},
		{Format: Markdown, Body: strings.Repeat("- ", 700) + "x"},
		{Format: Markdown, Body: strings.Repeat("1. ", 700) + "x"},
		{Format: HTML, Body: "<b>" + strings.Repeat("<i>well</i> closed. ", 700)},
		{Format: HTML, Body: strings.Repeat("<div>", nestable-1)},
		{Format: Markdown, Body: strings.Repeat("- ", nestable-1) + "x"},
		{Format: Markdown, Body: strings.Repeat("> ", nestable-1) + "x"},
	} {
		checked := r.Check(c)
		if _, err := r.Article(Post{Slug: "a", Content: c}); (err == nil) != (checked == nil) {
			t.Errorf("%.12s…: rendering gives %v, Check said %v", c.Body, err, checked)
		}
	}
	if r.Check(Content{Format: HTML, Body: strings.Repeat("<div>", 700)}) == nil {
		t.Error("700 open elements pass")
	}
}
