package feed

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mmcdole/gofeed"

	"postrider/post"
)

// reading is what a parser found in a feed, in the same words for all.
type reading struct {
	Title, Home, Self, Language string
	Items                       []readItem
}

type readItem struct {
	GUID, Link, Title, Summary, Content string
	Published, Updated                  time.Time
	Tags, Authors, Files                []string
	Image                               string
}

// expected is what every parser must find of the sample in a format: what went
// in, but for what the second table says.
func expected(c Channel, f Format) reading {
	r := reading{Title: c.Site.Title, Home: "https://example.org/", Self: "https://example.org/" + f.FileName(), Language: c.Site.Language}
	for _, a := range c.Articles {
		x := readItem{GUID: a.GUID, Link: a.URL, Title: a.Title, Summary: a.Excerpt, Content: a.HTML,
			Published: a.Published.UTC(), Updated: a.Updated.UTC(), Tags: a.Tags, Authors: names(a.Authors), Image: a.Image}
		if a.Authors == nil {
			x.Authors = []string{c.Site.Author.Name}
		}
		mended(&x, f)
		r.Items = append(r.Items, x)
	}
	return r
}

// mended is how some of the sample comes out other than it went in.
func mended(x *readItem, f Format) {
	switch x.GUID {
	case "tag:example.org,2026-01-09:rich":
		x.Published = time.Date(2026, 1, 9, 0, 30, 0, 0, time.UTC)
		x.Updated = time.Date(2026, 1, 11, 1, 30, 0, 0, time.UTC)
		x.Content = `<p><img src="https://example.org/img/lead.jpg?w=1&amp;h=2" alt="A &#34;lead&#34; &lt;image&gt;"></p>` + "\n" + x.Content
		x.Files = []string{"https://example.org/posts/rich/talk.mp3", "https://example.org/files/slides.pdf", "https://cdn.example.net/x.bin"}
		if f == RSS { // the others are media content
			x.Files = x.Files[:1]
		}
	case "tag:example.org,2026-01-05:control":
		x.Title, x.Summary, x.Content, x.Tags = "Bell and null[0m", "one two\nthree", "<p>abc\nde</p>", []string{"Go"}
	case "tag:example.org,2026-01-04:emoji-👩‍💻":
		x.Title = "👩‍💻" // the rest of it was separators, which are white space
	case "tag:example.org,2026-01-03:bare":
		if f == JSON { // which demands content
			x.Content = x.Link
		}
	}
}

func names(authors []post.Author) (out []string) {
	for _, a := range authors {
		out = append(out, a.Name)
	}
	return out
}

// differences compares, after undoing what a format says in another way.
func differences(want, got reading, f Format) string {
	for i := range want.Items {
		w, g := &want.Items[i], &got.Items[i]
		if f == RSS {
			w.Summary = escape(w.Summary) // HTML there
			if g.Updated.IsZero() {
				g.Updated = g.Published
			}
		}
	}
	return cmp.Diff(want, got)
}

func TestParseBackWithGofeed(t *testing.T) {
	for _, f := range Formats() {
		t.Run(string(f), func(t *testing.T) {
			c := sample(t)
			data, err := Render(c, f)
			if err != nil {
				t.Fatal(err)
			}
			got, err := readByGofeed(data)
			if err != nil {
				t.Fatal(err)
			}
			want := expected(c, f)
			for i := range want.Items {
				if f == Atom { // it does not look for media there
					want.Items[i].Image = ""
				}
			}
			if d := differences(want, got, f); d != "" {
				t.Errorf("(-input +read)\n%s", d)
			}
		})
	}
}

func readByGofeed(data []byte) (reading, error) {
	p := gofeed.NewParser()
	p.RSSTranslator = &gofeed.DefaultRSSTranslator{DisableContentImageScan: true}
	parsed, err := p.Parse(bytes.NewReader(data))
	if err != nil {
		return reading{}, err
	}
	r := reading{Title: parsed.Title, Home: parsed.Link, Self: parsed.FeedLink, Language: parsed.Language}
	for _, it := range parsed.Items {
		x := readItem{GUID: it.GUID, Link: it.Link, Title: it.Title, Summary: it.Description, Content: it.Content, Tags: it.Categories}
		if it.PublishedParsed != nil {
			x.Published = *it.PublishedParsed
		}
		if it.UpdatedParsed != nil {
			x.Updated = *it.UpdatedParsed
		}
		for _, a := range it.Authors {
			x.Authors = append(x.Authors, a.Name)
		}
		if it.DublinCoreExt != nil { // Authors holds only the first then
			x.Authors = it.DublinCoreExt.Creator
		}
		for _, e := range it.Enclosures {
			x.Files = append(x.Files, e.URL)
		}
		if it.Image != nil {
			x.Image = it.Image.URL
		}
		r.Items = append(r.Items, x)
	}
	return r, nil
}
