package web

import (
	"fmt"
	"net/http"
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
