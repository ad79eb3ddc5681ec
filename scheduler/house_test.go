package scheduler_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
	"postrider/post"
	"postrider/scheduler"
	"postrider/store"
	"postrider/templates"
)

// weekly is the digest of the tests.
var weekly = newsletter.Digest{Name: "weekly", Cadence: newsletter.Weekly, Day: time.Monday,
	At: newsletter.TimeOfDay{Hour: 9}, Zone: time.UTC, CatchUp: 24 * time.Hour, Full: true,
	Subject: "{{.Site.Title}}: {{(index .Posts 0).Title}}", Template: "digest"}

// house is a site with a list, a real database, and a cutter over it.
type house struct {
	*store.Store
	t      testing.TB
	ctx    context.Context
	path   string
	now    time.Time
	posts  int
	cutter *scheduler.Cutter
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, ctx: t.Context(), path: filepath.Join(t.TempDir(), "postrider.db"),
		now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	h.Store = h.open()
	h.cutter = h.newCutter(h.Store)
	return h
}

// open opens the database, as one more process would.
func (h *house) open() *store.Store {
	h.t.Helper()
	st, err := store.Open(context.Background(), h.path, store.Options{})
	h.ok(err)
	h.t.Cleanup(func() {
		if err := st.Close(); err != nil {
			h.t.Error(err)
		}
	})
	return st
}

func site() *url.URL { return &url.URL{Scheme: "https", Host: "news.example.org"} }

func (h *house) newCutter(st *store.Store) *scheduler.Cutter {
	h.t.Helper()
	set, err := templates.Load(h.unstyled())
	h.ok(err)
	composer, err := mailer.NewComposer(set, mailer.Identity{
		Site: mailer.Site{Title: "Example News", URL: site(), Language: "en"},
		From: mailer.Mailbox{Name: "Example News", Address: "news@example.org"}})
	h.ok(err)
	return &scheduler.Cutter{Posts: st, Windows: st, Recipients: st,
		Renderer: post.NewRenderer(site()), Composer: composer, Now: func() time.Time { return h.now }}
}

// unstyled gives templates without a style sheet: what a mail looks like is nothing
// to a cut, and to lay the styles in takes longer than all the rest of it.
func (h *house) unstyled() string {
	h.t.Helper()
	dir := filepath.Join(filepath.Dir(h.path), "templates")
	h.ok(os.MkdirAll(filepath.Join(dir, "mail"), 0o755))
	h.ok(os.WriteFile(filepath.Join(dir, "mail", "style.css"), nil, 0o644))
	return dir
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// put stores a file as a post, published at once.
func (h *house) put(path, text string) post.Post {
	h.t.Helper()
	src, err := post.Parse(path, []byte(text), post.ParseOptions{})
	h.ok(err)
	accepted, err := h.SubmitPosts(h.ctx,
		[]store.Submission{{Path: path, Digest: sha256.Sum256([]byte(text)), Source: src}},
		store.SubmitOptions{Now: h.now, Site: site(), Backdate: 7 * 24 * time.Hour})
	h.ok(err)
	return accepted[0].Post
}

// publish stores a new post; its slug is p and its number.
func (h *house) publish(tags ...string) post.Post {
	h.t.Helper()
	h.posts++
	return h.write(h.posts, "first words", tags...)
}

// write gives the post of that number its words.
func (h *house) write(n int, words string, tags ...string) post.Post {
	h.t.Helper()
	return h.put(fmt.Sprintf("p%d.md", n), fmt.Sprintf("---\ntitle: Post %d\nslug: p%d\ntags: [%s]\n---\nPost %d, %s.\n",
		n, n, strings.Join(tags, ", "), n, words))
}

// join puts a reader on the weekly list, with everything still before them.
func (h *house) join(name string, topics ...string) {
	h.t.Helper()
	_, _, err := h.AddSubscriber(h.ctx, store.NewSubscriber{Email: email(name), Cadence: newsletter.Weekly,
		Topics: topics, State: newsletter.Active,
		Consent: newsletter.Consent{At: h.now, Action: newsletter.Confirmed, Text: "Yes.", Method: newsletter.ByCommand},
		Joining: store.Joining{Digest: "weekly", PeriodStart: h.now.AddDate(-1, 0, 0)}}, h.now)
	h.ok(err)
}

func email(name string) newsletter.Address { return newsletter.Address(name + "@example.org") }

// change applies a rule to a reader.
func (h *house) change(name string, rule func(*newsletter.Subscriber)) {
	h.t.Helper()
	_, err := h.ChangeSubscriber(h.ctx, email(name), func(s newsletter.Subscriber) (newsletter.Subscriber, error) {
		rule(&s)
		return s, nil
	}, store.Record{}, h.now)
	h.ok(err)
}

func (h *house) reader(name string) newsletter.Subscriber {
	h.t.Helper()
	sub, err := h.Subscriber(h.ctx, email(name))
	h.ok(err)
	return sub
}

// mails lists what a reader gets, the oldest mail first: the slugs of its posts
// in their order.
func (h *house) mails(name string) []string {
	h.t.Helper()
	sub := h.reader(name)
	history, err := h.History(h.ctx, sub.ID)
	h.ok(err)
	var mails []string
	for _, r := range slices.Backward(history) {
		v, err := h.VariantOf(h.ctx, r.Issue, sub.ID)
		h.ok(err)
		mails = append(mails, h.slugs(v.Publications))
	}
	return mails
}

func (h *house) slugs(pubs []newsletter.Publication) string {
	h.t.Helper()
	var slugs []string
	for _, pub := range pubs {
		p, err := h.PostAt(h.ctx, pub.PostID, pub.Revision)
		h.ok(err)
		slugs = append(slugs, p.Slug)
	}
	return strings.Join(slugs, " ")
}

// gets fails the test unless a reader got exactly these mails.
func (h *house) gets(name string, mails ...string) {
	h.t.Helper()
	if got := h.mails(name); !slices.Equal(got, mails) {
		h.t.Errorf("%s got %q, want %q", name, got, mails)
	}
}

// issues counts the issues that were ever written.
func (h *house) issues() int {
	h.t.Helper()
	all, err := h.Issues(h.ctx, 0)
	h.ok(err)
	return len(all)
}

// cut cuts a window that no test cuts before.
func (h *house) cut() scheduler.Cut {
	h.t.Helper()
	cut, err := h.cutter.DigestByHand(h.ctx, weekly, scheduler.Plan{})
	h.ok(err)
	return cut
}

func window(key string) newsletter.Window { return newsletter.Window{Key: key} }

// small hands out readers in batches of a few, so that a list of a few has many,
// and calls before each batch what the test wants to happen then.
type small struct {
	scheduler.Recipients
	limit  int
	before func(step int) error
	steps  int
}

func (s *small) Expand(ctx context.Context, id string, _ int, now time.Time, assign func(newsletter.Group) []newsletter.Publication) (newsletter.Expansion, error) {
	s.steps++
	if s.before != nil {
		if err := s.before(s.steps); err != nil {
			return newsletter.Expansion{}, err
		}
	}
	return s.Recipients.Expand(ctx, id, s.limit, now, assign)
}

// late is a store in which something happens between planning and writing.
type late struct {
	scheduler.Windows
	happens []func() // one for each attempt
}

func (l *late) next() {
	if len(l.happens) > 0 {
		happen := l.happens[0]
		l.happens = l.happens[1:]
		happen()
	}
}

func (l *late) WriteIssue(ctx context.Context, is newsletter.Issue, a newsletter.Audience, snap newsletter.Snapshot, variants []newsletter.Variant) error {
	l.next()
	return l.Windows.WriteIssue(ctx, is, a, snap, variants)
}

func (l *late) CloseWindow(ctx context.Context, c newsletter.Closing, a newsletter.Audience, now time.Time) error {
	l.next()
	return l.Windows.CloseWindow(ctx, c, a, now)
}
