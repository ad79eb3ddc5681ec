package feed

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postrider/post"

	"github.com/mmcdole/gofeed"
)

// checkTime is after every article of the sample.
var checkTime = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// healthy is a channel without a flaw.
func healthy(t testing.TB) Channel {
	c := sample(t)
	c.Articles = c.Articles[:4]
	enclosures := slices.Clone(c.Articles[0].Enclosures)
	for i := range enclosures {
		enclosures[i].Length = 1
	}
	c.Articles[0].Enclosures = enclosures
	return c
}

// checkDocument looks at a finished feed alone.
func checkDocument(data []byte, f Format, self string) []Problem {
	l := lint{feed: f.FileName(), self: self, now: checkTime, name: func(*gofeed.Item) string { return "" }}
	l.document(data, f)
	return l.problems
}

func TestCheckFindsNothing(t *testing.T) {
	c := healthy(t)
	if got := CheckChannel(c, checkTime); len(got) != 0 {
		t.Errorf("problems of a healthy channel: %+v", got)
	}
	bare := c
	bare.Tag, bare.Articles = "Rare", nil
	if got := CheckChannel(bare, checkTime); len(got) != 0 {
		t.Errorf("problems of a tag whose posts were withdrawn: %+v", got)
	}
	for _, f := range Formats() {
		data, err := Render(c, f)
		if err != nil {
			t.Fatal(err)
		}
		if got := checkDocument(data, f, c.Self(f)); len(got) != 0 {
			t.Errorf("%s: %+v", f, got)
		}
	}
}

func TestCheckChannel(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*Channel)
		where string
		level Level
		want  string
	}{
		{"no title", func(c *Channel) { c.Site.Title = " " }, "site", Error, "no title"},
		{"no address", func(c *Channel) { c.Site.URL = nil }, "site", Error, "set site.url"},
		{"localhost", func(c *Channel) { c.Site.URL.Host = "localhost:8080" }, "site", Warning, "this machine only"},
		{"private host", func(c *Channel) { c.Site.URL.Host = "192.168.1.9" }, "site", Warning, "this machine only"},
		{"no language", func(c *Channel) { c.Site.Language = "" }, "site", Warning, "no language"},
		{"bad language", func(c *Channel) { c.Site.Language = "english" }, "site", Error, `"english" is no language tag`},
		{"bad hub", func(c *Channel) { c.Site.Hubs = []string{"hub.example.net"} }, "site", Error, "no web address"},
		{"empty", func(c *Channel) { c.Articles = nil }, "site", Warning, "is empty"},
		{"too large", func(c *Channel) { c.Articles[0].HTML = strings.Repeat("<p>word</p>\n", 50000) }, "site", Warning, "lower feed.items"},
		{"no author", func(c *Channel) { c.Site.Author = post.Author{} }, "site", Warning, "without an author"},
		{"same guid", func(c *Channel) { c.Articles[2].GUID = c.Articles[1].GUID }, "arabic", Error, "shares its guid"},
		{"same address", func(c *Channel) { c.Articles[2].URL = c.Articles[1].URL }, "arabic", Warning, "shares its address"},
		{"no item title", func(c *Channel) { c.Articles[1].Title = "" }, "chinese", Warning, "no title"},
		{"no address of an item", func(c *Channel) { c.Articles[1].URL = "/posts/chinese" }, "chinese", Error, "no absolute address"},
		{"bad language of an item", func(c *Channel) { c.Articles[1].Lang = "Chinese" }, "chinese", Error, `"Chinese" is no language tag`},
		{"no date", func(c *Channel) {
			c.Articles[1].Published, c.Articles[1].Updated = time.Time{}, time.Time{}
		}, "chinese", Error, "no date"},
		{"future", func(c *Channel) { c.Articles[0].Published = checkTime.Add(time.Hour) }, "rich", Warning, "in the future"},
		{"no content", func(c *Channel) {
			c.Articles[1].HTML, c.Articles[1].Excerpt, c.Articles[1].Image = "", "", ""
		}, "chinese", Warning, "no content"},
		{"script", func(c *Channel) { c.Articles[1].HTML = "<script>x</script>" }, "chinese", Error, "<script>"},
		{"iframe", func(c *Channel) { c.Articles[1].HTML = `<iframe src="https://example.org/"></iframe>` }, "chinese", Error, "<iframe>"},
		{"style", func(c *Channel) { c.Articles[1].HTML = "<style>p{}</style>" }, "chinese", Error, "<style>"},
		{"handler", func(c *Channel) { c.Articles[1].HTML = `<p onclick="x()">a</p>` }, "chinese", Error, "onclick="},
		{"script address", func(c *Channel) { c.Articles[1].HTML = `<a href="javascript:x()">a</a>` }, "chinese", Error, "has a script"},
		{"relative link", func(c *Channel) { c.Articles[1].HTML = `<a href="/about">a</a>` }, "chinese", Error, `href="/about"`},
		{"relative image", func(c *Channel) { c.Articles[1].HTML = `<img src="a.png">` }, "chinese", Error, `src="a.png"`},
		{"broken address", func(c *Channel) { c.Articles[1].HTML = `<a href="http://[::1">a</a>` }, "chinese", Error, "broken address"},
		{"image by http", func(c *Channel) { c.Articles[1].HTML = `<img src="http://example.org/a.png">` }, "chinese", Warning, "use https"},
		{"no length", func(c *Channel) { c.Articles[0].Enclosures[0].Length = 0 }, "rich", Warning, "has no length"},
		{"tags with one address", func(c *Channel) {
			c.Articles[0].Tags, c.Articles[1].Tags = []string{"open source"}, []string{"Open-Source"}
		}, "chinese", Warning, "share the address tags/open-source"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := healthy(t)
			tt.spoil(&c)
			problems := CheckChannel(c, checkTime)
			found := 0
			for _, p := range problems {
				if p.Where == tt.where && p.Level == tt.level && strings.Contains(p.Message, tt.want) {
					found++
				}
			}
			if found == 0 {
				t.Errorf("no %s at %s with %q in %+v", tt.level, tt.where, tt.want, problems)
			}
		})
	}
}

func TestCheckChannelTellsASharedProblemOnce(t *testing.T) {
	c := healthy(t)
	c.Articles[1].HTML = `<a href="/about">a</a> <a href="/about">b</a>`
	if got := CheckChannel(c, checkTime); len(got) != 1 {
		t.Errorf("%d problems, want 1: %+v", len(got), got)
	}
}

func TestCheckDocument(t *testing.T) {
	item := `<item><title>t</title><link>https://example.org/a</link><guid>g</guid>%s` +
		`<pubDate>Fri, 09 Jan 2026 00:30:00 +0000</pubDate><description>d</description></item>`
	rss := func(inside string) string {
		return `<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>x</title><link>https://example.org/</link>` +
			`<language>en</language><managingEditor>a@b.example (A)</managingEditor>` + inside + `</channel></rss>`
	}
	self := `<atom:link rel="self" href="https://example.org/feed.xml"/>`
	tests := []struct {
		name, data string
		f          Format
		want       string
	}{
		{"cut off", rss(self)[:80], RSS, "not well-formed"},
		{"control character", rss(self + "<category>\x02</category>"), RSS, "not well-formed"},
		{"wrong nesting", "<rss><channel></rss></channel>", RSS, "not well-formed"},
		{"not UTF-8", rss(self + "<category>\xff</category>"), RSS, "not UTF-8"},
		{"no feed", "<html></html>", Atom, "cannot be read as a feed"},
		{"nothing", "", RSS, "cannot be read as a feed"},
		{"broken JSON", `{"version": "https://jsonfeed.org/version/1.1", "items": [}`, JSON, "not well-formed"},
		{"another format", rss(self), Atom, "holds a feed of the type rss"},
		{"no self link", rss(fmt.Sprintf(item, "")), RSS, "does not name its own address"},
		{"another self link", rss(strings.ReplaceAll(self, "example.org", "old.example") + fmt.Sprintf(item, "")), RSS, "lives at https://old.example/feed.xml"},
		{"no guid", rss(self + strings.Replace(fmt.Sprintf(item, ""), "<guid>g</guid>", "", 1)), RSS, "has no guid"},
		{"no date", rss(self + strings.Replace(fmt.Sprintf(item, ""), "pubDate", "other", 2)), RSS, "has no date"},
		{"C1 character", rss(self + fmt.Sprintf(item, "<category>a\u0085b</category>")), RSS, "must not have"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			problems := checkDocument([]byte(tt.data), tt.f, "https://example.org/"+tt.f.FileName())
			for _, p := range problems {
				if strings.Contains(p.Message, tt.want) {
					return
				}
			}
			t.Errorf("no problem with %q in %+v", tt.want, problems)
		})
	}
	t.Run("fine", func(t *testing.T) {
		data := []byte(rss(self + fmt.Sprintf(item, "")))
		if got := checkDocument(data, RSS, "https://example.org/feed.xml"); len(got) != 0 {
			t.Errorf("problems: %+v", got)
		}
	})
}

// Whatever bytes lie in a folder of feeds, a check ends and says something of
// what is no feed.
func FuzzCheck(f *testing.F) {
	for _, format := range Formats() {
		data, err := Render(sample(f), format)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("<rss><channel><item/></channel></rss>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, format := range Formats() {
			problems := checkDocument(data, format, "")
			if wellFormed(data, format) != nil && len(problems) == 0 {
				t.Errorf("nothing found in broken %s: %q", format, data)
			}
		}
	})
}
