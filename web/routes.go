package web

import (
	"net/http"

	"postrider/newsletter"
)

// handler answers a request, or says why it cannot.
type handler func(w http.ResponseWriter, r *http.Request) error

// route is an address and who answers there. An address that only shows has no
// post.
type route struct {
	path  string // below the site, as [http.ServeMux] reads patterns
	get   handler
	post  handler
	house bool // stands at the root of the host, whatever the path of the site
	// open lets pages of other sites post here: forms that may stand anywhere, and what
	// mail programs post by one click (RFC 8058). All other forms are sent from our own
	// pages, also from mails, which only link to those.
	open    bool
	options handler // what browsers ask before a script posts from another site
	// ready is for answers that lie in memory, which readers ask for all day: they are
	// given no time of their own, which takes as long to set as to answer.
	ready bool
}

// routes is every address that the server answers.
func (s *Server) routes() []route {
	home := s.paged(s.home)
	if s.Outbox != "" { // its mails come without a change of the database
		home = fresh(s.home)
	}
	routes := []route{
		{path: "/{$}", get: home},
		{path: "/posts/{slug}", get: s.kept(s.post)},
		{path: "/posts/{slug}/{file...}", get: s.picture},
		{path: "/tags", get: s.kept(s.allTags)},
		{path: "/tags/{tag}", get: s.paged(s.tag)},
		{path: "/feeds", get: s.kept(s.follow)},
		{path: "/issues/{id}", get: s.kept(s.issue)},
		{path: "/sitemap.xml", get: s.paged(s.siteMap)},
		{path: "/robots.txt", get: s.robots().serve, house: true},
		{path: "/style.css", get: s.asset("style.css")},
		{path: "/feed.css", get: s.asset("feed.css")},
		{path: "/favicon.svg", get: s.asset("favicon.svg")},
		{path: "/favicon.ico", get: s.asset("favicon.ico")},

		{path: "/posts/{slug}/{$}", get: withoutSlash},
		{path: "/tags/{$}", get: withoutSlash},
		{path: "/tags/{tag}/{$}", get: withoutSlash},
		{path: "/issues/{id}/{$}", get: withoutSlash},
		{path: "/subscribe/{$}", get: withoutSlash},

		{path: "/feed.xml", get: s.feed, options: feedPreflight, ready: true},
		{path: "/atom.xml", get: s.feed, options: feedPreflight, ready: true},
		{path: "/feed.json", get: s.feed, options: feedPreflight, ready: true},
		{path: "/tags/{tag}/feed.xml", get: s.feed, options: feedPreflight, ready: true},
		{path: "/tags/{tag}/atom.xml", get: s.feed, options: feedPreflight, ready: true},
		{path: "/tags/{tag}/feed.json", get: s.feed, options: feedPreflight, ready: true},
		{path: "/archive/{page}/feed.xml", get: s.feed, options: feedPreflight, ready: true},
		{path: "/archive/{page}/atom.xml", get: s.feed, options: feedPreflight, ready: true},
		{path: "/archive/{page}/feed.json", get: s.feed, options: feedPreflight, ready: true},

		{path: "/healthz", get: s.healthz},
		{path: "/readyz", get: s.readyz},
		{path: "/metrics", get: s.metrics},

		{path: "/subscribe", get: s.subscribing, post: s.signUp, options: s.preflight, open: true},
		{path: "/subscribe/embed", get: s.embedding, post: s.embed, open: true},
		{path: "/confirm/{token}", get: s.naming(newsletter.Confirm, s.confirmation),
			post: s.naming(newsletter.Confirm, s.confirm)},
		{path: "/unsubscribe/{token}", get: s.byToken(newsletter.Unsubscribe, s.leaving),
			post: s.byToken(newsletter.Unsubscribe, s.leave), open: true},
		{path: "/preferences/{token}", get: s.byToken(newsletter.Preferences, s.preferences),
			post: s.byToken(newsletter.Preferences, s.prefer)},
		{path: "/preferences/{token}/data.json", get: s.byToken(newsletter.Preferences, s.data)},
		{path: "/preferences/{token}/erase", get: s.byToken(newsletter.Preferences, s.erasing),
			post: s.byToken(newsletter.Preferences, s.erase)},

		{path: "/", get: s.static},
	}
	if s.base != "" {
		routes = append(routes,
			route{path: "/healthz", get: s.healthz, house: true},
			route{path: "/readyz", get: s.readyz, house: true},
			route{path: "/metrics", get: s.metrics, house: true},
			route{path: "/", get: s.static, house: true},
		)
	}
	if s.Outbox != "" {
		routes = append(routes,
			route{path: "/mails/{$}", get: s.mails},
			route{path: "/mails/{name}", get: s.mail},
			route{path: "/mails/{name}/html", get: s.mailHTML},
			route{path: "/mails/{name}/source", get: s.mailSource},
		)
	}
	return routes
}
