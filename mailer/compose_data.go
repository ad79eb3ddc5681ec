package mailer

import (
	"html/template"
	"net/url"
	"strings"
	"time"

	"golang.org/x/text/unicode/bidi"

	"postrider/post"
	"postrider/templates"
)

// Frame is what every mail template may use.
type Frame struct {
	Site      SiteView
	Subject   string // empty while the subject's own template is executed
	Preheader string // what inboxes show after the subject; plain text
	Date      time.Time
	WebURL    string // where the issue is read in a browser; "" for a notice
	Web       bool   // whether this is that browser version, which knows no reader
	Reader    Reader // personal values; they can be printed only
}

// SiteView is the site as templates see it.
type SiteView struct {
	Title, Description string
	URL                string
	Language           string // BCP 47
	Direction          string // ltr or rtl, of Language
	Author             string
	PostalAddress      string
}

// IssueView is what the templates of issues (digest, post, and the user's own)
// and of subjects may use.
type IssueView struct {
	Frame
	Digest string // the digest's name; "" for a post sent by hand
	Posts  []PostView
	More   int  // posts that are in the browser version only, for want of room
	Full   bool // whether whole posts were asked for
}

// NoticeView is what the templates of notices (confirm, welcome, already) may use.
type NoticeView struct {
	Frame
	ConfirmURL string // "" for all but confirm
}

// PostView is one post as templates see it.
type PostView struct {
	Title, URL    string
	Date, Updated time.Time
	Authors       []string // names
	Tags          []string
	Lang          string // BCP 47
	Direction     string // ltr or rtl, of the title, else of Lang
	Excerpt       string // plain text
	HTML          template.HTML
	Text          string // plain text from the same source as HTML
	Image         string // lead image, absolute; "" if none
	ImageAlt      string
	ImageInBody   bool // whether HTML is shown and has the lead image in it
	Full          bool // show HTML or Text; else Excerpt and a link
	Brief         bool // show the title only
}

// textDirection is that of the first letter that has one, as browsers decide
// for dir="auto"; if none has, that of the language.
func textDirection(text, language string) string {
	for _, r := range text {
		switch p, _ := bidi.LookupRune(r); p.Class() {
		case bidi.L:
			return "ltr"
		case bidi.R, bidi.AL:
			return "rtl"
		}
	}
	return post.Direction(language)
}

func siteView(s Site) SiteView {
	return SiteView{
		Title:         templates.OneLine(s.Title),
		Description:   templates.OneLine(s.Description),
		URL:           siteURL(s.URL),
		Language:      s.Language,
		Direction:     post.Direction(s.Language),
		Author:        templates.OneLine(s.Author.Name),
		PostalAddress: templates.OneLine(s.PostalAddress),
	}
}

// siteURL gives a site of no path its slash, as in every other link to it.
func siteURL(u *url.URL) string {
	if u.Path == "" {
		return u.JoinPath("/").String()
	}
	return u.String()
}

// postView shows a post with its dates in the zone of the letter.
func (c *Composer) postView(a post.Article, zone *time.Location) PostView {
	v := PostView{
		Title:    templates.OneLine(a.Title),
		URL:      a.URL,
		Date:     a.Published.In(zone),
		Updated:  a.Updated.In(zone),
		Tags:     a.Tags,
		Lang:     a.Lang,
		Excerpt:  a.Excerpt,
		HTML:     template.HTML(a.HTML), // sanitised by post
		Text:     a.Text,
		Image:    a.Image,
		ImageAlt: templates.OneLine(a.ImageAlt),
	}
	for _, author := range a.Authors {
		if name := templates.OneLine(author.Name); name != "" {
			v.Authors = append(v.Authors, name)
		}
	}
	if len(v.Authors) == 0 && c.site.Author != "" {
		v.Authors = []string{c.site.Author}
	}
	if v.Lang == "" {
		v.Lang = c.site.Language
	}
	v.Direction = textDirection(v.Title, v.Lang)
	return v
}

// preheader takes what the subject most likely does not say: the first words
// of a single post, the titles of several.
func preheader(posts []post.Article) string {
	if len(posts) == 1 {
		return templates.Truncate(preheaderSize, posts[0].Excerpt)
	}
	var titles []string
	for _, p := range posts {
		titles = append(titles, templates.OneLine(p.Title))
	}
	return templates.Truncate(preheaderSize, strings.Join(titles, " · "))
}
