package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// assetTypes are the files that pages load, each with its media type.
var assetTypes = [...]struct{ name, mediaType string }{
	{"style.css", "text/css; charset=utf-8"},
	{"favicon.svg", "image/svg+xml"},
	{"favicon.ico", "image/vnd.microsoft.icon"},
}

// makeAssets reads the files that pages load from the templates.
func (s *Server) makeAssets() {
	s.assets = map[string]*document{}
	for _, a := range assetTypes {
		s.assets[a.name] = newAsset(a.mediaType, []byte(s.pages.File(a.name)))
	}
	s.assets["favicon.svg"].policy = foreignPolicy // the user's own, and opened alone it is a page
	s.assets["feed.css"] = newAsset("text/css; charset=utf-8", []byte(s.feedStyle()))
}

// FeedStyle is where a site that is served has the style sheet for people who open
// a feed in a browser; it is what [feed.Site.StyleURL] wants.
func FeedStyle(site *url.URL) string { return site.JoinPath("feed.css").String() }

// feedStyle is how a feed looks that somebody opens in a browser. A style sheet can say where more is explained but cannot
// link there; browsers are giving up XSLT, which could.
func (s *Server) feedStyle() string {
	about := s.word("feed_about") + " " + s.absolute(s.path("feeds"))
	return ":root { --about: " + cssString(about) + " }\n" + s.pages.File("feed.css")
}

// cssString quotes a text for a style sheet (CSS Syntax Level 3, section 4.3.5).
func cssString(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"', r == '\\', r == '<', r < ' ', r == 0x7f:
			fmt.Fprintf(&b, `\%x `, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// asset is the handler of a file that pages load.
func (s *Server) asset(name string) handler {
	d := s.assets[name]
	lasting := *d
	lasting.cache = "public, max-age=31536000, immutable"
	return func(w http.ResponseWriter, r *http.Request) error {
		if r.URL.Query().Get("v") == d.version() {
			return lasting.serve(w, r) // these octets never have another address
		}
		return d.serve(w, r)
	}
}

// assetPath is where a file is in links: its address changes with its octets, so
// that browsers need not ask whether it has changed.
func (s *Server) assetPath(name string) string {
	return s.path(name) + "?v=" + s.assets[name].version()
}

// version names the octets of a document.
func (d *document) version() string { return strings.Trim(d.plain.etag, `"`) }

// robots keeps search engines from what is one reader's alone (RFC 9309). It is
// asked for at the root of a host only, so it stands there for a site below a
// path too; where another server answers for the root, its own file must say this.
func (s *Server) robots() *document {
	var b strings.Builder
	b.WriteString("User-agent: *\n")
	for _, private := range []string{"confirm", "unsubscribe", "preferences"} {
		fmt.Fprintf(&b, "Disallow: %s/\n", s.path(private))
	}
	fmt.Fprintf(&b, "\nSitemap: %s\n", s.absolute(s.path("sitemap.xml")))
	return newAsset("text/plain; charset=utf-8", []byte(b.String()))
}
