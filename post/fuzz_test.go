package post

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// seed adds the sources of the golden files.
func seed(f *testing.F, add func(name, source string)) {
	f.Helper()
	files, err := filepath.Glob("testdata/articles/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if strings.Contains(file, ".golden.") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		add(filepath.Base(file), string(source))
	}
}

func FuzzParse(f *testing.F) {
	seed(f, func(name, source string) { f.Add(name, []byte(source)) })
	f.Add("2026-01-02-x.md", []byte("+++\ntitle = 'x'\ndate = 2026-01-02\n[[enclosures]]\nurl='x'\n+++\n# H\n"))
	f.Add("a/index.md", []byte("---\nx: &x [*x]\ntags: *x\n---\n"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		src, err := Parse(name, data, ParseOptions{})
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without words")
			}
			return
		}
		if err := src.Validate(); err != nil {
			t.Errorf("parsed, but not valid: %v", err)
		}
		if src.Slug != "" && !ValidSlug(src.Slug) {
			t.Errorf("slug %q", src.Slug)
		}
		if src.GUID != "" && !ValidGUID(src.GUID) {
			t.Errorf("guid %q", src.GUID)
		}
		if !utf8.ValidString(src.Body) || strings.Contains(src.Body, "\r") {
			t.Errorf("body %q", src.Body)
		}
		for _, tag := range src.Tags {
			if FoldTag(tag) == "" {
				t.Errorf("tag %q", tag)
			}
		}
	})
}

func FuzzArticle(f *testing.F) {
	r := testRenderer(f)
	seed(f, func(name, source string) { f.Add(source, strings.HasSuffix(name, ".html")) })
	f.Add("<a href=x><table><td><a href=y>", true)
	f.Add("<svg><a xlink:href=javascript:x><title><style><img src=x onerror=y>", true)
	f.Add("<pre>\n\n<p>a</pre><ul>x<p>y<li>z", true)
	f.Fuzz(func(t *testing.T, body string, asHTML bool) {
		format := Markdown
		if asHTML {
			format = HTML
		}
		a, err := r.Article(Post{Slug: "fuzz", Content: Content{Body: body, Format: format}})
		if err != nil {
			return
		}
		checkSafe(t, a)
		checkLinks(t, a)
		if w := uniseg.StringWidth(a.Excerpt); w > ExcerptColumns {
			t.Errorf("excerpt of %d columns", w)
		}
	})
}

func FuzzMakeSlug(f *testing.F) {
	f.Add("Hello, World")
	f.Add("你好 🎉")
	f.Fuzz(func(t *testing.T, title string) {
		s := MakeSlug(title)
		if !ValidSlug(s) {
			t.Errorf("%q gives %q", title, s)
		}
		if MakeSlug(s) != s {
			t.Errorf("%q does not stay: %q", s, MakeSlug(s))
		}
	})
}

func FuzzShorten(f *testing.F) {
	f.Add("one two three", 5)
	f.Add("สวัสดีครับ 👩‍👩‍👧‍👦 春天", 7)
	f.Fuzz(func(t *testing.T, s string, columns int) {
		got := Shorten(s, columns)
		if w := uniseg.StringWidth(got); columns >= 0 && w > columns {
			t.Errorf("%q has %d columns of %d", got, w, columns)
		}
		whole := oneLine(s)
		kept, short := strings.CutSuffix(got, "…")
		if got == whole || !short {
			return
		}
		rest, found := strings.CutPrefix(whole, kept)
		if !found {
			t.Fatalf("%q does not begin with %q", whole, kept)
		}
		if uniseg.GraphemeClusterCount(kept)+uniseg.GraphemeClusterCount(rest) != uniseg.GraphemeClusterCount(whole) {
			t.Errorf("%q splits a character of %q", got, whole)
		}
	})
}

func BenchmarkArticle(b *testing.B) {
	source, err := os.ReadFile("testdata/articles/rich.md")
	if err != nil {
		b.Fatal(err)
	}
	src, err := Parse("rich.md", source, ParseOptions{})
	if err != nil {
		b.Fatal(err)
	}
	r := testRenderer(b)
	p := Post{Slug: src.Slug, Content: src.Content}
	b.SetBytes(int64(len(source)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Article(p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	source, err := os.ReadFile("testdata/articles/rich.md")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(source)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("rich.md", source, ParseOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
