package web

import (
	"html/template"
	"strings"
	"time"

	"golang.org/x/text/language"

	"postrider/feed"
	"postrider/post"
)

// Page is what every page template is given.
type Page struct {
	Site      SiteView
	Title     string // of this page; "" for the front
	Summary   string // one line on what it shows, for search engines and previews; "" if it has none
	Canonical string // its absolute address; "" for a page that has no lasting one
	Image     string // a picture for previews, absolute; "" if none
	Private   bool   // search engines may not keep it
	Feeds     []FeedView
	Body      any // what this page alone shows: the view named after the template
}

// SiteView is the site that pages belong to.
type SiteView struct {
	Title, Description  string
	Language, Direction string // BCP 47; ltr or rtl
	Home, Style         string // paths
	PostalAddress       string
	Demo                bool   // a demonstration, on its owner's machine
	Mails               string // the path of the mails of a demonstration
}

// FeedView is one feed of the site or of a tag.
type FeedView struct {
	Title string            // of the site, and the tag
	Name  string            // of the format
	Type  template.HTMLAttr // type="…", the media type: simple programs look for it unescaped
	Path  string
}

// HomeView is the front and the pages behind it (home.html).
type HomeView struct {
	Entries []EntryView
	Tags    []TagView
	Pager   PagerView
	First   bool           // this is the front, not a page behind it
	Mails   []MailLineView // of a demonstration
}

// TagEntriesView is the posts of one tag (tag.html).
type TagEntriesView struct {
	Tag     TagView
	Entries []EntryView
	Pager   PagerView
	Feeds   []FeedView // of this tag
}

// PostView is one post (post.html).
type PostView struct {
	EntryView
	HTML template.HTML // sanitised by post
	Tags []TagView
	// Updated is when it was last changed; zero if never since it was published.
	Updated time.Time
}

// EntryView is a post in a list.
type EntryView struct {
	Title               string
	Path                string
	Language, Direction string // the post's own
	Excerpt             string
	Authors             []string
	Published           time.Time
}

// TagView is a tag, its page and how many posts bear it.
type TagView struct {
	Name, Path string
	Count      int
}

// PagerView leads from one page of a list to the next.
type PagerView struct {
	Number       int    // of this page, from 1
	Newer, Older string // paths; "" if there is none
}

// ErrorView says what a visitor may know of a request that failed (error.html).
type ErrorView struct {
	Status  int
	Words   string
	Request string // the id to ask the operator by; "" if the fault is the visitor's
}

func (s *Server) siteView() SiteView {
	v := SiteView{
		Title:         s.Site.Title,
		Description:   s.Site.Description,
		Language:      s.Site.Language,
		Direction:     direction(s.Site.Language),
		Home:          s.base + "/",
		Style:         s.path("style.css"),
		PostalAddress: s.PostalAddress,
	}
	if s.Outbox != "" {
		v.Demo, v.Mails = true, s.path("mails", "")
	}
	return v
}

// feedViews lists the feeds of a tag, or of the site for "".
func (s *Server) feedViews(tag string) []FeedView {
	names := map[feed.Format]string{feed.RSS: "RSS", feed.Atom: "Atom", feed.JSON: "JSON Feed"}
	title := feed.Channel{Site: s.Site, Tag: tag}.Title()
	var views []FeedView
	for _, f := range feed.Formats() {
		kind, _, _ := strings.Cut(f.MediaType(), ";")
		path := s.path(strings.Split(feed.Path(tag, f), "/")...)
		views = append(views, FeedView{Title: title, Name: names[f], Type: template.HTMLAttr(`type="` + kind + `"`), Path: path})
	}
	return views
}

func (s *Server) entry(a post.Article) EntryView {
	e := EntryView{
		Title:     a.Title,
		Path:      s.path("posts", a.Slug),
		Language:  a.Lang,
		Excerpt:   a.Excerpt,
		Published: a.Published,
	}
	if e.Language == "" {
		e.Language = s.Site.Language
	}
	e.Direction = direction(e.Language)
	for _, author := range a.Authors {
		e.Authors = append(e.Authors, author.Name)
	}
	return e
}

func (s *Server) entries(list []post.Article) []EntryView {
	views := make([]EntryView, len(list))
	for i, a := range list {
		views[i] = s.entry(a)
	}
	return views
}

func (s *Server) tagView(name string, count int) TagView {
	return TagView{Name: name, Path: s.path("tags", post.TagSlug(name)), Count: count}
}

// direction is the way a language is written, as HTML's dir has it.
func direction(lang string) string {
	script, _ := language.Make(lang).Script()
	switch script.String() {
	case "Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Rohg", "Samr", "Mand":
		return "rtl"
	}
	return "ltr"
}
