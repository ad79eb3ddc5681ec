// Package web owns every page that is served over HTTP. It shows what other rooms
// made and changes nothing by itself; what it needs of them comes in as values
// or small functions.
//
// For now that is [Demo]: a site on the reader's own machine with its posts, its
// feeds and the mails that went out, as `postrider demo` serves it. All routes
// stand in one table, a handler returns an error instead of writing one, and one
// place ([pages.serve]) turns errors into pages.
//
// Pages load no script and nothing of another host; a mail's HTML is shown under a
// policy of its own that lets nothing in it run.
package web

import (
	"context"
	"io/fs"
	"net/http"
	"time"

	"postrider/feed"
	"postrider/post"
)

// Demo is what there is to show of a demonstration site. It does not change while
// it is served, but for the outbox, which is read anew for each page.
type Demo struct {
	Title       string
	Description string
	Language    string // BCP 47, of the site
	Posts       []post.Article
	Feeds       []feed.File
	// Issue returns the HTML of the issue with a public id. An unknown one is an
	// error that wraps [fs.ErrNotExist].
	Issue  func(ctx context.Context, id string) (string, error)
	Outbox string    // the Maildir, as a path
	Files  fs.FS     // the posts' own files: {slug}/{file}
	Made   time.Time // when feeds and files were made; what validators tell
}

// routes is every address that the demo answers, as [http.ServeMux] reads them.
func (p *pages) routes() map[string]handler {
	return map[string]handler{
		"/{$}":                 p.home,
		"/style.css":           p.style,
		"/posts/{slug}":        p.post,
		"/posts/{slug}/{file}": p.postFile,
		"/tags/{tag}":          p.tag,
		"/issues/{id}":         p.issue,
		"/mails/{name}":        p.mail,
		"/mails/{name}/html":   p.mailHTML,
		"/mails/{name}/source": p.mailSource,

		"/feed.xml":             p.feed,
		"/atom.xml":             p.feed,
		"/feed.json":            p.feed,
		"/tags/{tag}/feed.xml":  p.feed,
		"/tags/{tag}/atom.xml":  p.feed,
		"/tags/{tag}/feed.json": p.feed,

		"/subscribe":           p.reader("Subscribe", "here a reader would leave an address, and get one mail that asks to confirm it"),
		"/confirm/{token}":     p.reader("Confirm", "here a reader who asked for mail would press a button to confirm it"),
		"/unsubscribe/{token}": p.reader("Unsubscribe", "one press of a button here, or of the one that mail programs show, would end the mails at once"),
		"/preferences/{token}": p.reader("Preferences", "here a reader would choose how often mail comes, and about which topics"),

		"/": p.lost,
	}
}

// Handler serves the demo. It answers GET and HEAD only, so nothing that reaches
// it can change anything.
func (d Demo) Handler() http.Handler {
	p := newPages(d)
	mux := http.NewServeMux()
	for pattern, h := range p.routes() {
		mux.Handle(pattern, p.serve(h))
	}
	return secured(mux)
}
