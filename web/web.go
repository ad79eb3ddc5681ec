// Package web owns every page that is served over HTTP: the archive, the feeds,
// the pages where readers subscribe and leave, and what tells an operator how the
// house stands. Rules of the list are newsletter's, documents of feeds are
// feed's, mails are composed by mailer; web asks store for what they hold and
// shows it.
//
//	server, err := web.New(web.Config{Site: site}, web.Parts{Store: st, …})
//	http.Server{Handler: server.Handler()}
//
// All routes stand in one table (routes.go). A handler returns an error instead
// of writing one, and one place (answer.go) makes pages of them: a visitor reads
// what was wrong with the request, and of what is wrong here nothing but a
// request id. What holds for every answer, headers and limits, is in chain.go.
//
// Every address is made from the site's own, never from what a request says of
// its host. A GET changes nothing. Nobody is given a cookie, and pages load
// nothing of another host and no script.
package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"postrider/feed"
	"postrider/mailer"
	"postrider/newsletter"
	"postrider/post"
	"postrider/store"
	"postrider/templates"
)

// Config is what the settings say of the public face.
type Config struct {
	Site          feed.Site
	PostalAddress string // shown on the pages that lead to mail
	PerPage       int    // posts on a page of the archive; 0: 20

	Digests newsletter.Digests // the cadences that readers may choose
	SignUps SignUps

	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed
	MetricsAllow   []netip.Prefix // who may read /metrics besides this machine
	FeedRequests   int            // a minute from one client; 0: no limit
	Connections    int            // at once; 0: 4096
}

// Parts are what pages are made from.
type Parts struct {
	Store     *store.Store
	Renderer  *post.Renderer
	Templates *templates.Set
	Library   *feed.Library   // what stands in which feed
	Notifier  mailer.Notifier // mails and tokens of readers
	Sources   string          // the folder that the sources of posts are relative to
	Static    string          // the folder of files for the root of the host; "" if there is none
	Now       func() time.Time
	Log       *slog.Logger
	Duties    []Duty   // what this process does beside
	Metrics   *Metrics // nil: its own

	// Outbox is the Maildir of a demonstration, whose mails everybody may read;
	// "" for every other site.
	Outbox string
}

// Server answers for one site. Make it with [New].
type Server struct {
	Config
	Parts
	feeds  *feed.Cache
	root   string // the path of the site as a request has it, with a slash at its end
	base   string // the path of the site as it stands in links, without a slash at its end
	pages  *templates.Pages
	assets map[string]*document // what pages load, by name
	cache  *pageCache
	table  []route
	begun  time.Time

	perReader *clientLimits // requests for feeds; nil: no limit
	perClient *clientLimits // sign-ups
	perHour   allowance
	crowdTold allowance // to log that perHour is used up
	unnamed   sync.Once // a proxy that the settings lack was told of
	readers   *readerCounts
}

// New puts a server together. It fails for a page template of the user's that
// is wrong: not in the middle of a visit.
func New(c Config, p Parts) (*Server, error) {
	if c.Site.URL == nil || c.Site.URL.Scheme == "" || c.Site.URL.Host == "" {
		return nil, errors.New("the site has no absolute address")
	}
	if c.PerPage <= 0 {
		c.PerPage = 20
	}
	if c.Connections <= 0 {
		c.Connections = usualConnections
	}
	if p.Metrics == nil {
		p.Metrics = NewMetrics()
	}
	house := &figures{count: p.Store.Figures, duties: p.Duties, now: p.Now, log: p.Log}
	if err := p.Metrics.registry.Register(house); err != nil {
		return nil, fmt.Errorf("these metrics belong to another server: %w", err)
	}
	pages, err := Pages(p.Templates, c.Site.Language)
	if err != nil {
		return nil, err
	}
	s := &Server{
		Config: c,
		Parts:  p,
		root:   strings.TrimRight(c.Site.URL.Path, "/") + "/",
		base:   strings.TrimRight(c.Site.URL.EscapedPath(), "/"),
		pages:  pages,
		cache:  newPageCache(p.Store.Change, p.Now, pageMemory),
		begun:  p.Now(),
	}
	s.perClient = newClientLimits(cmp.Or(c.SignUps.PerClient, 20), time.Hour)
	s.perHour = newAllowance(cmp.Or(c.SignUps.PerHour, 1000), time.Hour)
	s.crowdTold = newAllowance(1, time.Minute)
	s.readers = newReaderCounts(p.Store.SeeFeedReaders, p.Metrics, p.Now, p.Log)
	s.feeds = &feed.Cache{Library: p.Library, Dates: p.Store, Change: s.cache.look,
		MaxAge: c.Site.TTL, Wait: answerTime, Now: p.Now, Log: p.Log}
	// Feed readers ask a few times an hour for each feed; this is for programs that
	// ask in a loop.
	if c.FeedRequests > 0 {
		s.perReader = newClientLimits(c.FeedRequests, time.Minute)
	}
	s.makeAssets()
	s.table = s.routes()
	return s, nil
}

// Pages gives the page templates in a language. Those of the user are tried first,
// each with samples of all that it may be asked to show.
func Pages(set *templates.Set, language string) (*templates.Pages, error) {
	pages, err := set.Pages(language)
	if err != nil || set.Bundled() {
		return pages, err
	}
	return pages, pages.Check(samples)
}

// Handler answers the requests of the site.
func (s *Server) Handler() http.Handler {
	mux, own := http.NewServeMux(), http.NewCrossOriginProtection()
	// A proxy may call us by another name than visitors do.
	if err := own.AddTrustedOrigin(s.absolute("")); err != nil {
		panic("web: the address of the site is no origin: " + err.Error()) // New has seen that it is
	}
	for _, route := range s.table {
		pattern := s.base + route.path
		if route.house {
			pattern = route.path
		}
		mux.Handle(pattern, s.answer(route))
		if route.open {
			own.AddInsecureBypassPattern("POST " + pattern)
		}
	}
	return s.chain(mux, own)
}

// path is the path of a page of the site, as it stands in links. Its parts may
// hold any characters.
func (s *Server) path(parts ...string) string {
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return s.base + "/" + strings.Join(parts, "/")
}

// absolute is the address of a path that [Server.path] made.
func (s *Server) absolute(path string) string {
	return s.Site.URL.Scheme + "://" + s.Site.URL.Host + path
}

// published lists a page of posts as they are read, and tells whether more follow.
func (s *Server) published(ctx context.Context, tags []string, page int) (list []post.Article, more bool, err error) {
	posts, err := s.Store.Posts(ctx, store.PostQuery{
		States: []post.State{post.Published}, Tags: tags, Skip: (page - 1) * s.PerPage, Limit: s.PerPage + 1,
	})
	if err != nil {
		return nil, false, err
	}
	if more = len(posts) > s.PerPage; more {
		posts = posts[:s.PerPage]
	}
	for _, p := range posts {
		a, err := s.Renderer.Article(p)
		if err != nil {
			return nil, false, fmt.Errorf("show post %s: %w", p.Slug, err)
		}
		list = append(list, a)
	}
	return list, more, nil
}
