package main

import (
	"encoding/json"
	"html"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mmcdole/gofeed"

	"postrider/cmd/postrider/config"
	"postrider/feed"
	"postrider/post"
	"postrider/store"
)

// debianPython is the one that sees the packages of the system.
const debianPython = "/usr/bin/python3"

// needPython skips a test where a module of Python is missing. In CI nothing is
// skipped.
func needPython(t *testing.T, module, debian string) {
	t.Helper()
	out, err := exec.Command(debianPython, "-c", "import "+module).CombinedOutput()
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("%s has no %s: %v\n%s", debianPython, module, err, out)
	default:
		t.Skipf("%s has no %s; on Debian or Ubuntu: sudo apt-get install %s", debianPython, module, debian)
	}
}

// readBack lets testdata/readback.py read something into v.
func readBack(t *testing.T, what, path string, v any) {
	t.Helper()
	cmd := exec.Command(debianPython, "testdata/readback.py", what, path)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", path, err, errs.String())
	}
	if err := json.Unmarshal(out, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// feedRead is what a program found in a feed.
type feedRead struct {
	Title    string     `json:"title"`
	Language string     `json:"language"`
	Items    []itemRead `json:"items"`
}

type itemRead struct {
	ID        string   `json:"id"`
	Link      string   `json:"link"`
	Title     string   `json:"title"`
	Summary   string   `json:"summary"`
	Content   string   `json:"content"`
	Language  string   `json:"language"`
	Published int64    `json:"published"` // seconds since 1970
	Updated   int64    `json:"updated"`
	Tags      []string `json:"tags"`
	Authors   []string `json:"authors"`
}

// demoArticles are the posts of a demo as its readers see them, the newest first.
func demoArticles(t *testing.T, v demoView) (*config.Config, []post.Article) {
	t.Helper()
	cfg, err := config.Load(v.Config, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), v.Database, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	posts, err := st.Posts(t.Context(), store.PostQuery{States: []post.State{post.Published}})
	if err != nil {
		t.Fatal(err)
	}
	var articles []post.Article
	for _, p := range posts {
		a, err := post.NewRenderer(cfg.SiteURL()).Article(p)
		if err != nil {
			t.Fatal(err)
		}
		articles = append(articles, a)
	}
	return cfg, articles
}

// wantRead is what every program has to find.
func wantRead(cfg *config.Config, articles []post.Article) feedRead {
	r := feedRead{Title: cfg.Site.Title, Language: cfg.Site.Language}
	for _, a := range articles {
		item := itemRead{ID: a.GUID, Link: a.URL, Title: a.Title, Summary: a.Excerpt, Content: a.HTML, Language: a.Lang,
			Published: a.Published.Unix(), Updated: a.Published.Unix(), Tags: slices.Clone(a.Tags)}
		if a.Updated.After(a.Published) {
			item.Updated = a.Updated.Unix()
		}
		for _, author := range a.Authors {
			item.Authors = append(item.Authors, author.Name)
		}
		if a.Authors == nil {
			item.Authors = []string{cfg.Site.Author.Name}
		}
		r.Items = append(r.Items, item)
	}
	return r
}

func readByGofeed(t *testing.T, path string) feedRead {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	f, err := gofeed.NewParser().Parse(file)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	r := feedRead{Title: f.Title, Language: f.Language}
	for _, it := range f.Items {
		item := itemRead{ID: it.GUID, Link: it.Link, Title: it.Title, Summary: it.Description, Content: it.Content,
			Published: it.PublishedParsed.Unix(), Updated: it.PublishedParsed.Unix(), Tags: it.Categories}
		if it.UpdatedParsed != nil {
			item.Updated = it.UpdatedParsed.Unix()
		}
		for _, a := range it.Authors {
			item.Authors = append(item.Authors, a.Name)
		}
		if dc := it.DublinCoreExt; dc != nil { // Authors holds only the first then
			item.Authors = dc.Creator
			item.Language = strings.Join(dc.Language, " ")
		}
		r.Items = append(r.Items, item)
	}
	return r
}

// alike undoes what a format, or a program, says in another way.
func alike(r feedRead, f feed.Format, cfg *config.Config, articles []post.Article) feedRead {
	r.Items = slices.Clone(r.Items)
	for i := range r.Items {
		item := &r.Items[i]
		item.Content = strings.TrimSpace(item.Content)
		if f == feed.RSS { // a description is HTML there
			item.Summary = html.UnescapeString(item.Summary)
		}
		if item.Language == cfg.Site.Language { // said of the feed, and so of the item
			item.Language = ""
		}
		if i < len(articles) && articles[i].Image != "" { // may stand before the body
			body := strings.TrimSpace(articles[i].HTML)
			if lead, ok := strings.CutSuffix(item.Content, body); ok && strings.Contains(lead, articles[i].Image) {
				item.Content = body
			}
		}
	}
	return r
}

// Two programs that know nothing of each other find in each feed what the posts
// say.
func TestDemoFeedsReadBack(t *testing.T) {
	v := demoOnce(t)
	cfg, articles := demoArticles(t, v)
	if len(articles) != v.Posts || v.Posts < 7 {
		t.Fatalf("%d articles of %d posts", len(articles), v.Posts)
	}
	for f, path := range map[feed.Format]string{feed.RSS: v.Feeds.RSS, feed.Atom: v.Feeds.Atom, feed.JSON: v.Feeds.JSON} {
		want := alike(wantRead(cfg, articles), f, cfg, articles)
		t.Run(string(f)+" by gofeed", func(t *testing.T) {
			got := alike(readByGofeed(t, path), f, cfg, articles)
			if f != feed.RSS { // it does not tell the language of an item
				for i := range got.Items {
					got.Items[i].Language = want.Items[i].Language
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-posts +read)\n%s", d)
			}
		})
		t.Run(string(f)+" by Python", func(t *testing.T) {
			needPython(t, "feedparser", "python3-feedparser")
			var read feedRead
			readBack(t, "feed", path, &read)
			if d := cmp.Diff(want, alike(read, f, cfg, articles)); d != "" {
				t.Errorf("(-posts +read)\n%s", d)
			}
		})
	}
}

// mailRead is what another program found in a mail.
type mailRead struct {
	To          []string `json:"to"`
	From        string   `json:"from"`
	Subject     string   `json:"subject"`
	MessageID   string   `json:"message_id"`
	Date        int64    `json:"date"`
	Unsubscribe string   `json:"unsubscribe"`
	Text        string   `json:"text"`
	HTML        string   `json:"html"`
	Defects     []string `json:"defects"`
}

// Python's own modules open the outbox and find nothing wrong with any mail.
func TestDemoMailsReadBack(t *testing.T) {
	needPython(t, "mailbox", "python3")
	v := demoOnce(t)
	var mails []mailRead
	readBack(t, "maildir", v.Outbox, &mails)
	if int64(len(mails)) != v.Mails {
		t.Fatalf("the outbox holds %d mails, want %d", len(mails), v.Mails)
	}
	_, articles := demoArticles(t, v)
	sent := map[string]int{}
	ids := map[string]bool{}
	for _, m := range mails {
		if len(m.Defects) > 0 || len(m.To) != 1 || ids[m.MessageID] || m.From != "The Saddlebag" || m.Date == 0 {
			t.Errorf("%+v", m)
			continue
		}
		ids[m.MessageID] = true
		sent[m.To[0]+" "+m.Subject]++
		if !strings.HasPrefix(m.Unsubscribe, "<http://127.0.0.1:8080/unsubscribe/") {
			t.Errorf("%s leaves by %s", m.To, m.Unsubscribe)
		}
		for _, body := range []string{m.Text, m.HTML} {
			if !holdsAPost(body, articles) || strings.ContainsAny(body, "\x01\x02\x03\x04\ufffd") {
				t.Errorf("a part to %s does not say what a post says:\n%s", m.To, body)
			}
		}
	}
	for _, is := range v.Issues {
		if n := sent["ada@example.org "+is.Subject]; n != 1 {
			t.Errorf("ada got %q %d times", is.Subject, n)
		}
	}
}

// holdsAPost tells whether a part names a post and links to it.
func holdsAPost(body string, articles []post.Article) bool {
	return slices.ContainsFunc(articles, func(a post.Article) bool {
		return strings.Contains(html.UnescapeString(body), a.Title) && strings.Contains(body, a.URL)
	})
}
