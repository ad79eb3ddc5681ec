package web

import (
	"html/template"
	"net/url"
	"strings"
	"time"

	"golang.org/x/text/language"

	"postrider/feed"
	"postrider/post"
)

// functions are what page templates may call.
func functions() template.FuncMap {
	return template.FuncMap{
		"date":      func(t time.Time) string { return t.Format("2 January 2006") },
		"moment":    func(t time.Time) string { return t.Local().Format("2 January 2006, 15:04") },
		"machine":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"direction": direction,
		"segment":   func(s string) template.URL { return template.URL(url.PathEscape(s)) }, // one part of a path
		"tagslug":   post.TagSlug,
		"people":    people,
		"feeds":     feedLinks,
		"body":      func(a post.Article) template.HTML { return template.HTML(a.HTML) }, // sanitised by post
	}
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

// people joins the names of authors.
func people(authors []post.Author) string {
	names := make([]string, len(authors))
	for i, a := range authors {
		names[i] = a.Name
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// feedLink is one feed of a site or a tag.
type feedLink struct {
	Name string
	Path template.URL // from the root, escaped
	Type string
}

// feedLinks lists the feeds of a tag, or of the site for "".
func feedLinks(tag string) []feedLink {
	names := map[feed.Format]string{feed.RSS: "RSS", feed.Atom: "Atom", feed.JSON: "JSON Feed"}
	var links []feedLink
	for _, f := range feed.Formats() {
		u := url.URL{Path: "/" + feed.Path(tag, f)}
		kind, _, _ := strings.Cut(f.MediaType(), ";")
		links = append(links, feedLink{names[f], template.URL(u.EscapedPath()), kind})
	}
	return links
}
