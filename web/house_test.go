package web

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"postrider/feed"
	"postrider/mailer"
	"postrider/newsletter"
	"postrider/post"
	"postrider/scheduler"
	"postrider/store"
	"postrider/templates"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// house is a site with a real database and files, whose clock the test sets.
type house struct {
	t        testing.TB
	dir      string
	store    *store.Store
	renderer *post.Renderer
	now      time.Time
	site     *url.URL
	log      *slog.Logger
}

// newHouse makes the site at an address such as https://news.example.org/blog.
func newHouse(t testing.TB, address string) *house {
	t.Helper()
	site, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, dir: t.TempDir(), now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), site: site,
		renderer: post.NewRenderer(site), log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	h.store, err = store.Open(context.Background(), filepath.Join(h.dir, "postrider.db"), store.Options{})
	h.ok(err)
	t.Cleanup(func() { h.store.Close() })
	return h
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// file writes a file of the site.
func (h *house) file(name, content string) {
	h.t.Helper()
	path := filepath.Join(h.dir, filepath.FromSlash(name))
	h.ok(errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)))
}

// post writes a file of posts/ and submits it, an hour after the one before.
func (h *house) post(name, text string) post.Post {
	h.t.Helper()
	h.file("posts/"+name, text)
	src, err := post.Parse(name, []byte(text), post.ParseOptions{})
	h.ok(err)
	h.now = h.now.Add(time.Hour)
	accepted, err := h.store.SubmitPosts(h.t.Context(), []store.Submission{
		{Path: "posts/" + name, Digest: sha256.Sum256([]byte(text)), Source: src}}, store.SubmitOptions{Now: h.now, Site: h.site, Backdate: time.Hour})
	h.ok(err)
	return accepted[0].Post
}

// issue mails a post by hand to a list of one and gives the id of its issue.
func (h *house) issue(p post.Post) string {
	h.t.Helper()
	_, _, err := h.store.AddSubscriber(h.t.Context(), store.NewSubscriber{Email: "ada@example.org", Name: "Ada",
		Cadence: newsletter.Weekly, State: newsletter.Active, Consent: newsletter.Consent{At: h.now,
			Action: newsletter.Confirmed, Method: newsletter.ByCommand, Text: "Asked at the desk."}}, h.now)
	h.ok(err)
	cutter := scheduler.Cutter{Posts: h.store, Windows: h.store, Recipients: h.store,
		Renderer: h.renderer, Composer: h.composer("en"), Now: func() time.Time { return h.now }}
	cut, err := cutter.Post(h.t.Context(), p, false, scheduler.Plan{})
	h.ok(err)
	return cut.Issue.ID
}

func (h *house) composer(language string) *mailer.Composer {
	h.t.Helper()
	composer, err := mailer.NewComposer(h.templates(), mailer.Identity{
		Site: mailer.Site{Title: "Example News", URL: h.site, Language: language},
		From: mailer.Mailbox{Name: "Example News", Address: "news@example.org"}})
	h.ok(err)
	return composer
}

func (h *house) keys() newsletter.Keyring {
	h.t.Helper()
	secret, err := h.store.Secret(context.Background())
	h.ok(err)
	keys, err := newsletter.NewKeyring(secret)
	h.ok(err)
	return keys
}

// digests are one for each of two cadences.
func (h *house) digests() newsletter.Digests {
	return newsletter.Digests{
		{Name: "news", Cadence: newsletter.Weekly, Day: time.Monday, Zone: time.UTC, CatchUp: time.Hour},
		{Name: "days", Cadence: newsletter.Daily, Zone: time.UTC, CatchUp: time.Hour},
	}
}

func (h *house) templates() *templates.Set { return h.templatesIn("") }

// templatesIn lays a folder of the site over the templates.
func (h *house) templatesIn(folder string) *templates.Set {
	h.t.Helper()
	dir := ""
	if folder != "" {
		dir = filepath.Join(h.dir, folder)
	}
	set, err := templates.Load(dir)
	h.ok(err)
	return set
}

func siteOf(h *house) feed.Site {
	return feed.Site{Title: "Example News", Description: "What is <new>.", URL: h.site, Language: "en"}
}

// server puts the site on the web, in a language.
func (h *house) server(language string, change ...func(*Config, *Parts)) http.Handler {
	h.t.Helper()
	c := Config{PerPage: 3, Digests: h.digests(), PostalAddress: "1 Example Street", Site: siteOf(h)}
	c.Site.Language = language
	c.Site.TTL, c.Site.Hubs = 30*time.Minute, []string{"https://hub.example.net/"}
	library := &feed.Library{Site: c.Site, Posts: h.store, Archive: h.store, Article: h.renderer.Article}
	p := Parts{Store: h.store, Renderer: h.renderer, Library: library, Templates: h.templates(), Sources: h.dir,
		Now: func() time.Time { return h.now }, Log: h.log, Notifier: mailer.Notifier{
			Composer: h.composer(language), Keys: h.keys(), Queue: h.store, ConfirmWithin: 7 * 24 * time.Hour}}
	for _, f := range change {
		f(&c, &p)
	}
	s, err := New(c, p)
	h.ok(err)
	return s.Handler()
}

func get(t testing.TB, h http.Handler, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
