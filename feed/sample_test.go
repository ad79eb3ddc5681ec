package feed

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"postrider/post"
)

func mustURL(t testing.TB, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// sampleSite is a site with everything set.
func sampleSite(t testing.TB) Site {
	return Site{
		Title:       "Fish & Chips <weekly>",
		Description: "What we fry, & why",
		URL:         mustURL(t, "https://example.org"),
		Language:    "en-GB",
		Author:      post.Author{Name: "Ada O’Neill", Email: "ada@example.org", URL: "https://example.org/about"},
		Generator:   "Postrider",
		Hubs:        []string{"https://hub.example.net/"},
		TTL:         30 * time.Minute,
		Icon:        "https://example.org/icon.png",
	}
}

// article makes an article of a day in January 2026, counted from 1.
func article(day int, slug, title, html string) post.Article {
	date := time.Date(2026, 1, day, 9, 30, 0, 0, time.UTC)
	return post.Article{
		Post: post.Post{
			GUID:      fmt.Sprintf("tag:example.org,2026-01-%02d:%s", day, slug),
			Slug:      slug,
			State:     post.Published,
			Published: date,
			Updated:   date,
			Content:   post.Content{Title: title},
		},
		URL:     "https://example.org/posts/" + url.PathEscape(slug),
		HTML:    html,
		Excerpt: "About " + title,
	}
}

// sampleArticles holds every shape that has troubled a feed.
func sampleArticles() []post.Article {
	berlin := time.FixedZone("CET", 3600)

	rich := article(9, "rich", `Tom & Jerry's "<b>chase</b>" isn't > 1 &amp; done`,
		"<p>See <a href=\"https://example.org/a?b=1&amp;c=2\">this</a>: <code>if a &lt; b &amp;&amp; c</code></p>\n"+
			"<pre><code class=\"language-go\">m := map[string]int{}\nfmt.Println(m[`a`] ]]&gt; 1)\n</code></pre>\n<p>]]></p>")
	rich.Published = time.Date(2026, 1, 9, 1, 30, 0, 123456789, berlin)
	rich.Updated = rich.Published.Add(49 * time.Hour)
	rich.Tags = []string{"Go", "C#", "Machine Learning", "機械学習"}
	rich.Authors = []post.Author{{Name: "Ada <ada> O'Neill", Email: "ada@example.org"}, {Name: "陳大文", URL: "https://example.org/chan"}}
	rich.Image = "https://example.org/img/lead.jpg?w=1&h=2"
	rich.ImageAlt = `A "lead" <image>`
	rich.Canonical = "https://elsewhere.example/rich"
	rich.Enclosures = []post.Enclosure{{URL: "talk.mp3", Length: 1234567}, {URL: "/files/slides.pdf", Type: "application/pdf"}, {URL: "https://cdn.example.net/x.bin"}}

	chinese := article(8, "chinese", "用一個程式寄信與發佈", "<p>讀者可以選擇<strong>頻率</strong>。</p>")
	chinese.Lang, chinese.Tags = "zh-Hant", []string{"Go", "中文"}
	chinese.Image = "https://example.org/img/in-body.png"
	chinese.HTML += "\n<p><img src=\"https://example.org/img/in-body.png\" alt=\"圖\"></p>"

	arabic := article(7, "arabic", "مرحبًا بالعالم", "<p dir=\"rtl\">نص عربي قصير.</p>")
	arabic.Lang, arabic.Tags = "ar", []string{"عربي"}

	braces := article(6, "braces", "Text like {{.Email}} stays", "<p>{{data.count}} &#123;{x}} {% raw %} ${HOME}</p>")

	control := article(5, "control", "Bell\x07 and\x00 null\x1b[0m\u0085\ufffe", "<p>a\x0bb\x0cc\r\nd\xff\xfee\u0001</p>")
	control.Excerpt, control.Tags = "one\x02 two\r\nthree", []string{"Go\x03"}

	emoji := article(4, "emoji-👩‍💻", "👩‍💻 \u2028 \u2029", "<p>🎉</p>")
	emoji.Excerpt = "🎉"
	bare := article(3, "bare", "", "")
	bare.Excerpt = ""
	return []post.Article{rich, chinese, arabic, braces, control, emoji, bare}
}

// sample is a channel of the whole site.
func sample(t testing.TB) Channel {
	return Channel{Site: sampleSite(t), Articles: sampleArticles()}
}

// large is a channel of n articles with about 4 KB of content each.
func large(t testing.TB, n int) Channel {
	body := strings.Repeat("<p>Some words with a <a href=\"https://example.org/link\">link</a> &amp; “quotes”, naïve and plain.</p>\n", 38)
	c := Channel{Site: sampleSite(t)}
	for i := range n {
		a := article(1+i%28, fmt.Sprintf("post-%d", i), fmt.Sprintf("Post number %d", i), body)
		a.Tags = []string{"Go", "Web", "Notes"}
		a.Excerpt = strings.Repeat("some words ", 24)
		c.Articles = append(c.Articles, a)
	}
	return c
}
