package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// newsboat is a feed reader that keeps what it has seen in a database of its own.
// It knows nothing of us, so what is new to it is new to the people who use it.
type newsboat struct {
	t    *testing.T
	dir  string
	feed string // as it knows it: the address of a proxy that notes its requests

	mu    sync.Mutex
	asked []fetch
}

// fetch is a request of newsboat and what came of it.
type fetch struct {
	Conditional bool // it named the entity tag that it has
	Status      int
}

// newsItem is an article as newsboat has it.
type newsItem struct{ Title, Link, Content string }

// newsboatSettings: an article that changed is unread again, as one that is new.
const newsboatSettings = "reset-unread-on-update \"%s\"\nreload-threads 1\n"

// needNewsboat skips a test where newsboat is missing. In CI nothing is skipped.
func needNewsboat(t *testing.T) {
	t.Helper()
	_, err := exec.LookPath("newsboat")
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatal(err)
	default:
		t.Skip("there is no newsboat; on Debian or Ubuntu: sudo apt-get install newsboat")
	}
}

// newNewsboat subscribes to a feed of a site.
func newNewsboat(v *serving, path string) *newsboat {
	v.t.Helper()
	to, err := url.Parse(v.url)
	if err != nil {
		v.t.Fatal(err)
	}
	n := &newsboat{t: v.t, dir: v.t.TempDir()}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ModifyResponse: func(res *http.Response) error {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.asked = append(n.asked, fetch{res.Request.Header.Get("If-None-Match") != "", res.StatusCode})
			return nil
		},
	})
	v.t.Cleanup(proxy.Close)
	n.feed = proxy.URL + path
	n.write("urls", n.feed+"\n")
	n.write("config", fmt.Sprintf(newsboatSettings, n.feed))
	return n
}

func (n *newsboat) path(name string) string { return filepath.Join(n.dir, name) }

func (n *newsboat) write(name, content string) {
	n.t.Helper()
	if err := os.WriteFile(n.path(name), []byte(content), 0o644); err != nil {
		n.t.Fatal(err)
	}
}

// reload lets newsboat ask for the feed, once. It gives the request, the titles
// that are unread then, in order, and all it has; then everything is read.
func (n *newsboat) reload() (f fetch, unread []string, all []newsItem) {
	n.t.Helper()
	cmd := exec.Command("newsboat", "-u", n.path("urls"), "-c", n.path("cache.db"), "-C", n.path("config"), "-x", "reload")
	cmd.Env = append(os.Environ(), "HOME="+n.dir, "XDG_CONFIG_HOME="+n.dir, "XDG_DATA_HOME="+n.dir, "no_proxy=127.0.0.1")
	if out, err := cmd.CombinedOutput(); err != nil {
		n.t.Fatalf("newsboat: %v\n%s", err, out)
	}
	n.mu.Lock()
	asked := n.asked
	n.asked = nil
	n.mu.Unlock()
	if len(asked) != 1 {
		n.t.Fatalf("newsboat asked %d times, want once: %+v", len(asked), asked)
	}
	unread, all = n.items()
	return asked[0], unread, all
}

// items reads newsboat's database and marks everything in it as read.
func (n *newsboat) items() (unread []string, all []newsItem) {
	n.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+n.path("cache.db")+"?mode=rw")
	if err != nil {
		n.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT title, url, content, unread FROM rss_item WHERE deleted = 0 ORDER BY title, id")
	if err != nil {
		n.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var it newsItem
		var isUnread bool
		if err := rows.Scan(&it.Title, &it.Link, &it.Content, &isUnread); err != nil {
			n.t.Fatal(err)
		}
		all = append(all, it)
		if isUnread {
			unread = append(unread, it.Title)
		}
	}
	if err := rows.Err(); err != nil {
		n.t.Fatal(err)
	}
	if _, err := db.Exec("UPDATE rss_item SET unread = 0"); err != nil {
		n.t.Fatal(err)
	}
	return unread, all
}

// newsStep is something that happens to a site, and what newsboat makes of it.
type newsStep struct {
	what   string
	file   string   // what the file that the command names says from now on; "": as before
	do     []string // the command
	served func(body string) bool
	unread []string
	all    []newsItem // Content: words that it holds
}

const (
	newsFirst  = "---\ntitle: The first\n---\nA word.\n"
	newsSecond = "---\ntitle: The second\n---\nMore words.\n"
)

func newsSteps() []newsStep {
	const site = "https://gazette.example.org/posts/"
	holds := func(words string) func(string) bool {
		return func(body string) bool { return strings.Contains(body, words) }
	}
	first := newsItem{"The first", site + "first", "A word."}
	edited := newsItem{"The first", site + "first", "Another word."}
	second := newsItem{"The second", site + "second", "More words."}
	moved := newsItem{"The second", site + "elsewhere", "More words."}
	add := func(name string) []string { return []string{"post", "add", "posts/" + name + ".md"} }
	return []newsStep{
		{"a post", newsFirst, add("first"), holds("A word."), []string{"The first"}, []newsItem{first}},
		{"another", newsSecond, add("second"), holds("More words."), []string{"The second"}, []newsItem{first, second}},
		{"an edit", strings.Replace(newsFirst, "A word.", "Another word.", 1), add("first"), holds("Another word."),
			[]string{"The first"}, []newsItem{edited, second}},
		{"a new address", strings.Replace(newsSecond, "title:", "slug: elsewhere\ntitle:", 1), add("second"), holds("/elsewhere"),
			nil, []newsItem{edited, moved}},
		{"a withdrawal", "", []string{"post", "withdraw", "elsewhere"}, func(body string) bool { return !strings.Contains(body, "/elsewhere") },
			nil, []newsItem{edited, moved}},
		{"its return", "", []string{"post", "publish", "elsewhere"}, holds("/elsewhere"), nil, []newsItem{edited, moved}},
	}
}

// Every change reaches a real reader with the next request that it makes, nothing
// comes to it twice, and while nothing changes it fetches nothing.
func TestNewsboatSeesEachChangeOnce(t *testing.T) {
	t.Parallel()
	needNewsboat(t)
	for _, path := range []string{"/feed.xml", "/atom.xml"} {
		t.Run(path[1:], func(t *testing.T) {
			t.Parallel()
			s := &site{t: t, dir: t.TempDir()}
			s.write("config.yaml", twoDigests)
			v := s.serveAnywhere()
			n := newNewsboat(v, path)
			// What it heard with its very first answer it keeps nowhere: its row for
			// the feed comes later. So it asks twice before it knows an entity tag.
			n.sees(newsStep{what: "an empty site"}, fetch{false, http.StatusOK})
			for i, step := range newsSteps() {
				if step.file != "" {
					s.write(step.do[len(step.do)-1], step.file)
				}
				s.must(step.do...)
				waitFor(t, step.what, func() bool { _, body := v.get(path); return step.served(body) })
				n.sees(step, fetch{i > 0, http.StatusOK})
				step.what, step.unread = "nothing after "+step.what, nil
				n.sees(step, fetch{true, http.StatusNotModified})
			}
			v.stop()
		})
	}
}

// sees checks what newsboat finds after a step.
func (n *newsboat) sees(step newsStep, want fetch) {
	n.t.Helper()
	f, unread, all := n.reload()
	if f != want {
		n.t.Errorf("%s: the request was %+v, want %+v", step.what, f, want)
	}
	if !slices.Equal(unread, step.unread) {
		n.t.Errorf("%s: unread are %q, want %q", step.what, unread, step.unread)
	}
	same := func(got, want newsItem) bool {
		return got.Title == want.Title && got.Link == want.Link && strings.Contains(got.Content, want.Content)
	}
	if !slices.EqualFunc(all, step.all, same) {
		n.t.Errorf("%s: newsboat has %q, want %q", step.what, all, step.all)
	}
}
