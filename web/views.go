package web

import (
	"cmp"
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
	ImageAlt  string
	Published time.Time // of a post; zero for any other page
	Updated   time.Time // of a post that was changed since
	Here      string    // its path, if the navigation leads there
	Private   bool      // search engines may not keep it
	Feeds     []FeedView
	Body      any // what this page alone shows: the view named after the template
}

// SiteView is the site that pages belong to.
type SiteView struct {
	Title, Description  string
	Language, Direction string // of the words of pages: BCP 47; ltr or rtl
	// Own marks what is in the site's own language, with lang and dir; empty if its
	// pages have words in that language.
	Own                           template.HTMLAttr
	Home, Subscribe, Follow, Tags string // paths
	Style, Icon, OldIcon          string // paths
	PostalAddress                 string
	Often                         string // how often mail comes, in words that end a sentence; "" where readers choose
	Demo                          bool   // a demonstration, on its owner's machine
	Mails                         string // the path of the mails of a demonstration
}

// FeedView is one feed of the site or of a tag.
type FeedView struct {
	Title   string            // of the site, and the tag
	Name    string            // of the format
	Type    template.HTMLAttr // type="…", the media type: simple programs look for it unescaped
	Path    string
	Address string // absolute, to be copied
}

// EntryView is a post in a list.
type EntryView struct {
	Title               string
	Path                string
	Language, Direction string // the post's own
	// Words marks words of the page that stand within the post, with lang; empty if
	// both have the same language.
	Words     template.HTMLAttr
	Excerpt   string
	Authors   []string
	Published time.Time
}

// ErrorView says what a visitor may know of a request that failed (error.html).
type ErrorView struct {
	Status  int
	Words   string
	Request string // the id to ask the operator by; "" if the fault is the visitor's
}

func (s *Server) siteView() SiteView {
	words := s.wordsLanguage()
	v := SiteView{
		Title:         s.Site.Title,
		Description:   s.Site.Description,
		Language:      words,
		Direction:     post.Direction(words),
		Home:          s.base + "/",
		Subscribe:     s.path("subscribe"),
		Follow:        s.path("feeds"),
		Tags:          s.path("tags"),
		Style:         s.assetPath("style.css"),
		Icon:          s.assetPath("favicon.svg"),
		OldIcon:       s.assetPath("favicon.ico"),
		PostalAddress: s.PostalAddress,
	}
	if words != s.Site.Language {
		v.Own = langAttr(s.Site.Language) + template.HTMLAttr(` dir="`+post.Direction(s.Site.Language)+`"`)
	}
	if c := s.onlyCadence(); c != "" {
		v.Often = s.word("often_" + string(c))
	}
	if s.Outbox != "" {
		v.Demo, v.Mails = true, s.path("mails", "")
	}
	return v
}

// wordsLanguage is the language of the words of pages: the site's own, as exactly as
// it is given, if they are in that language and script, else that of the words.
func (s *Server) wordsLanguage() string {
	own, words := language.Make(s.Site.Language), language.Make(s.pages.Language())
	base, _ := own.Base()
	script, _ := own.Script()
	wordsBase, _ := words.Base()
	wordsScript, _ := words.Script()
	if base == wordsBase && script == wordsScript {
		return s.Site.Language
	}
	return s.pages.Language()
}

// langAttr is the attribute for a language tag, made anew from what was understood
// of it, so that nothing else can slip into a page.
func langAttr(tag string) template.HTMLAttr {
	return template.HTMLAttr(` lang="` + language.Make(tag).String() + `"`)
}

// feedViews lists the feeds of a tag, or of the site for "".
func (s *Server) feedViews(tag string) []FeedView {
	names := map[feed.Format]string{feed.RSS: "RSS", feed.Atom: "Atom", feed.JSON: "JSON Feed"}
	title := feed.Channel{Site: s.Site, Tag: tag}.Title()
	var views []FeedView
	for _, f := range feed.Formats() {
		kind, _, _ := strings.Cut(f.MediaType(), ";")
		path := s.path(strings.Split(feed.Path(tag, f), "/")...)
		views = append(views, FeedView{Title: title, Name: names[f], Path: path, Address: s.absolute(path),
			Type: template.HTMLAttr(`type="` + kind + `"`)})
	}
	return views
}

// entry is a post in a list, yet without its excerpt.
func (s *Server) entry(p post.Post) EntryView {
	e := EntryView{
		Title:     p.Title,
		Path:      s.path("posts", p.Slug),
		Language:  cmp.Or(p.Lang, s.Site.Language),
		Published: p.Published,
	}
	e.Direction = post.Direction(e.Language)
	if words := s.wordsLanguage(); words != e.Language {
		e.Words = langAttr(words)
	}
	for _, author := range p.Authors {
		e.Authors = append(e.Authors, author.Name)
	}
	return e
}

func (s *Server) entries(list []post.Article) []EntryView {
	views := make([]EntryView, len(list))
	for i, a := range list {
		views[i] = s.entry(a.Post)
		views[i].Excerpt = a.Excerpt
	}
	return views
}
