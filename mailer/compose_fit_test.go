package mailer

import (
	"fmt"
	"strings"
	"testing"

	"postrider/post"
	"postrider/templates"
)

func TestLongDigestsAreShortened(t *testing.T) {
	page := func(words int) func() post.Article {
		return func() post.Article {
			text := strings.Repeat("word ", words)
			a := article("Title", "<p>"+text+"</p>", text)
			a.Excerpt = templates.Truncate(400, text)
			return a
		}
	}
	for name, tt := range map[string]struct {
		articles []post.Article
		full     bool
		warning  string
	}{
		"short":           {articles(3, page(100)), true, ""},
		"near":            {articles(1, page(17500)), true, "above 100000 it will be shortened"},
		"last as excerpt": {articles(5, page(4500)), true, "only the first 3 posts are shown whole"},
		"one long post":   {articles(1, page(30000)), true, "excerpts are shown instead of whole posts"},
		"many excerpts":   {articles(75, page(300)), false, "excerpts are cut to"},
		"titles":          {articles(120, page(300)), false, "the titles of 120 posts are shown"},
		"half of titles":  {articles(500, page(30)), true, "the titles of 250 posts are shown"},
	} {
		t.Run(name, func(t *testing.T) {
			l := weekly(tt.articles...)
			l.Full = tt.full
			c := compose(t, composer(t), l)
			if got := strings.Join(c.Warnings, "\n"); !strings.Contains(got, tt.warning) || (got == "") != (tt.warning == "") {
				t.Errorf("warned %q, want %q", got, tt.warning)
			}
			text, rich := parts(t, c.Mould, person())
			if len(rich) > 102_000 {
				t.Errorf("the HTML part has %d octets", len(rich))
			}
			if strings.Count(rich, "<h2") == 0 || strings.Count(rich, "<h2") != strings.Count(text, "\nTitle\n") {
				t.Errorf("%d posts in HTML, %d in text", strings.Count(rich, "<h2"), strings.Count(text, "\nTitle\n"))
			}
			if got := strings.Count(c.HTML, "<h2"); got != len(tt.articles) {
				t.Errorf("the browser version has %d of %d posts", got, len(tt.articles))
			}
		})
	}
}

func BenchmarkCompose(b *testing.B) {
	for _, posts := range []int{3, 30} {
		b.Run(fmt.Sprint(posts), func(b *testing.B) {
			c, l := composer(b), weekly(articles(posts, latinPost)...)
			b.ReportAllocs()
			for b.Loop() {
				compose(b, c, l)
			}
		})
	}
}
