package mailer

import (
	"html/template"
	"time"

	"postrider/post"
)

// samples gives for each mail template the data that it must be able to show:
// one post and several, whole and as excerpts, with and without what is
// optional, for the mailbox and for the browser.
func (c *Composer) samples(name string) []any {
	switch NoticeKind(name) {
	case ConfirmNotice, WelcomeNotice, AlreadyNotice:
		return []any{NoticeView{
			Frame:      Frame{Site: c.site, Subject: "Subject", Date: sampleDate(), Reader: c.reader(newMarks())},
			ConfirmURL: c.id.Site.URL.JoinPath("confirm", "token").String(),
		}}
	}
	var list []any
	for _, web := range []bool{false, true} {
		one, many := c.sampleIssue(web, 1), c.sampleIssue(web, 3)
		many.Full, many.More = true, 2
		for i := range many.Posts {
			many.Posts[i].Full = i == 0
			many.Posts[i].Brief = i == 2
		}
		one.Posts[0].Image, one.Posts[0].Authors, one.Posts[0].Lang = "", nil, ""
		list = append(list, one, many)
	}
	return list
}

func sampleDate() time.Time { return time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC) }

func (c *Composer) sampleIssue(web bool, posts int) IssueView {
	v := IssueView{Frame: Frame{
		Site: c.site, Subject: "Subject", Preheader: "Preheader", Date: sampleDate(), Web: web,
		WebURL: c.id.Site.URL.JoinPath("issues", "sample").String(), Reader: c.reader(newMarks()),
	}, Digest: "weekly"}
	if web {
		v.Reader = c.nobody()
	}
	for range posts {
		v.Posts = append(v.Posts, PostView{
			Title: "Title", URL: c.id.Site.URL.JoinPath("posts", "sample").String(),
			Date: sampleDate(), Updated: sampleDate(), Authors: []string{"A", "B"}, Tags: []string{"tag"},
			Lang: "en", Direction: "ltr", Excerpt: "Excerpt", HTML: template.HTML("<p>Text</p>"), Text: "Text",
			Image: c.id.Site.URL.JoinPath("image.jpg").String(), ImageAlt: "Image",
		})
	}
	return v
}

// sampleArticles are posts as an issue gets them.
func (c *Composer) sampleArticles() []post.Article {
	var list []post.Article
	for _, slug := range []string{"one", "two"} {
		list = append(list, post.Article{
			Post: post.Post{Slug: slug, State: post.Published, Published: sampleDate(), Updated: sampleDate(),
				Content: post.Content{Title: "Title", Tags: []string{"tag"}, Authors: []post.Author{{Name: "A"}}}},
			URL: post.Permalink(c.id.Site.URL, slug), HTML: "<p>Text</p>", Text: "Text", Excerpt: "Excerpt",
		})
	}
	return list
}
