package feed

import (
	"bytes"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postrider/post"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares data with a file of testdata.
func golden(t *testing.T, name string, data []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(data) {
		t.Errorf("%s differs from what is rendered now; look at it with: go test ./feed -update && git diff", file)
	}
}

func TestRenderGolden(t *testing.T) {
	whole := sample(t)
	tag := Channel{Site: whole.Site, Tag: "Machine Learning", Articles: whole.Articles[:1], Excerpts: true}
	tag.Site.StyleURL = "https://example.org/feed.css?a=1&b=2"
	empty := Channel{Site: Site{Title: "Empty", URL: mustURL(t, "https://example.org/blog/")}}
	for name, c := range map[string]Channel{"site": whole, "tag": tag, "empty": empty} {
		for _, f := range Formats() {
			data, err := Render(c, f)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+"."+f.FileName(), data)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	c := large(b, 50)
	for b.Loop() {
		for _, f := range Formats() {
			if _, err := Render(c, f); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func TestRenderIsDeterministic(t *testing.T) {
	zones := []*time.Location{time.UTC, time.FixedZone("", -11*3600), time.FixedZone("", 14*3600)}
	for _, f := range Formats() {
		var first []byte
		for _, zone := range zones {
			c := sample(t)
			for i := range c.Articles {
				a := &c.Articles[i]
				a.Published, a.Updated = a.Published.In(zone), a.Updated.In(zone)
			}
			data, err := Render(c, f)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = data
			}
			if !bytes.Equal(first, data) {
				t.Errorf("%s differs when dates are in %v", f, zone)
			}
		}
	}
}

func TestRenderLeavesItsInputAlone(t *testing.T) {
	c := sample(t)
	c.Site.Hubs[0] += "\x00"
	for _, f := range Formats() {
		if _, err := Render(c, f); err != nil {
			t.Fatal(err)
		}
	}
	want := sample(t)
	want.Site.Hubs[0] += "\x00"
	if d := cmp.Diff(want, c); d != "" {
		t.Errorf("(-before +after)\n%s", d)
	}
}

func TestRenderRefuses(t *testing.T) {
	tests := []struct {
		name string
		site *url.URL
		f    Format
		want string
	}{
		{"no address", nil, RSS, "set site.url"},
		{"relative address", mustURL(t, "/blog"), Atom, "set site.url"},
		{"no host", mustURL(t, "mailto:a@b"), JSON, "set site.url"},
		{"unknown format", mustURL(t, "https://example.org"), "xml", `unknown format "xml"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Render(Channel{Site: Site{URL: tt.site}}, tt.f)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestDates(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	tests := []struct {
		name                       string
		published, updated         time.Time
		wantPublished, wantUpdated time.Time
	}{
		{"both", day(1), day(2), day(1), day(2)},
		{"written before its day", day(2), day(1), day(2), day(2)},
		{"only published", day(1), time.Time{}, day(1), day(1)},
		{"only updated", time.Time{}, day(2), day(2), day(2)},
		{"none", time.Time{}, time.Time{}, time.Time{}, time.Time{}},
		{"parts of a second", day(1).Add(time.Millisecond), day(1).Add(2 * time.Millisecond), day(1), day(1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := &post.Article{Post: post.Post{Published: tt.published, Updated: tt.updated}}
			if p, u := published(a), modified(a); !p.Equal(tt.wantPublished) || !u.Equal(tt.wantUpdated) {
				t.Errorf("published %v, updated %v", p, u)
			}
		})
	}
}

// The date of a feed is that of its newest article, and no other.
func TestUpdatedIsOfTheArticles(t *testing.T) {
	c := sample(t)
	c.Articles = c.Articles[3:]
	if got, want := c.updated(), c.Articles[0].Updated; !got.Equal(want) {
		t.Errorf("updated %v, want that of the newest article %v", got, want)
	}
	c.Articles = nil
	if got := c.updated(); !got.Equal(time.Unix(0, 0)) {
		t.Errorf("without articles updated %v", got)
	}
}

// The feeds of anything an author may write are well-formed, and readers get
// back the same guid.
func FuzzRender(f *testing.F) {
	for _, s := range []string{"plain", "]]>", "<b>&amp;", "\x00\x1f\x7f\u0085\ufffe\uffff", "\xff\xc2", "{{x}}", "?>", "--><!--", "a\r\nb\rc", "\u2028"} {
		f.Add(s, s, s)
	}
	f.Fuzz(func(t *testing.T, title, html, other string) {
		a := article(1, "fuzz", title, html)
		a.Excerpt, a.Image, a.ImageAlt, a.Lang, a.Canonical = other, other, other, other, other
		a.Tags, a.Authors = []string{other, title}, []post.Author{{Name: other, URL: title}}
		a.Enclosures = []post.Enclosure{{URL: other, Type: title}}
		c := Channel{Site: sampleSite(t), Tag: other, Articles: []post.Article{a}}
		c.Site.Title, c.Site.Description, c.Site.StyleURL = title, html, other
		for _, format := range Formats() {
			data, err := Render(c, format)
			if err != nil {
				t.Fatal(err)
			}
			if err := wellFormed(data, format); err != nil {
				t.Fatalf("%s: %v\n%s", format, err, data)
			}
			read, err := readByGofeed(data)
			if err != nil {
				t.Fatalf("%s: %v\n%s", format, err, data)
			}
			if len(read.Items) != 1 || read.Items[0].GUID != a.GUID {
				t.Fatalf("%s: read %+v\n%s", format, read.Items, data)
			}
		}
	})
}
