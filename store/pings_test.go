package store

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"postrider/feed"
)

// hub is one that answers with a status, and remembers what it was told.
type hub struct {
	mu     sync.Mutex
	status int
	hangs  string // the host of another hub, which takes what it gets and answers nothing
	told   []string
}

func (h *hub) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	if r.URL.Host == h.hangs {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told = append(h.told, strings.TrimPrefix(form.Get("hub.topic"), "https://news.example.org/"))
	return &http.Response{StatusCode: h.status, Status: http.StatusText(h.status), Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

// hears gives what the hub was told since the last time, in order of the alphabet.
func (h *hub) hears(after time.Duration) string {
	time.Sleep(after)
	synctest.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	slices.Sort(h.told)
	defer func() { h.told = nil }()
	return strings.Join(h.told, " ")
}

const siteFeeds = "atom.xml feed.json feed.xml"

func tagFeeds(tag string) string {
	return "tags/" + tag + "/atom.xml tags/" + tag + "/feed.json tags/" + tag + "/feed.xml"
}

// ping lets a pinger work until stop.
func (h *hub) ping(t *testing.T, s *Store, hubs ...string) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	p := &feed.Pinger{Site: feed.Site{URL: &url.URL{Scheme: "https", Host: "news.example.org"}, Hubs: hubs}, Pings: s,
		Client: &http.Client{Transport: h}, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	ended := make(chan struct{})
	go func() {
		p.Run(ctx)
		close(ended)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// newsdesk is a site at which posts are written by the clock of the test.
type newsdesk struct{ site }

func (d *newsdesk) post(slug string, tags ...string) string {
	d.t.Helper()
	d.now = time.Now()
	return d.put(slug+".md", "---\ntitle: "+slug+"\ntags: ["+strings.Join(tags, ", ")+"]\n---\nWords of "+slug+".").Post.ID
}

func (d *newsdesk) withdraw(id string) {
	d.t.Helper()
	if _, err := d.WithdrawPosts(d.t.Context(), time.Now(), id); err != nil {
		d.t.Fatal(err)
	}
}

const exampleHub = "https://hub.example.net/"

func TestHubsAreToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "postrider.db")
		d := &newsdesk{site{Store: openStore(t, path), t: t, files: map[string]string{}}}
		other := openStore(t, path)
		d.post("one", "Go")
		h := &hub{status: 202}
		stop := h.ping(t, d.Store, exampleHub)
		stopOther := h.ping(t, other, exampleHub)
		hears := func(what, want string) {
			t.Helper()
			if got := h.hears(5 * time.Second); got != want {
				t.Errorf("%s: the hub was told of %q, want %q", what, got, want)
			}
		}
		hears("a new hub", siteFeeds+" "+tagFeeds("go"))
		hears("nothing", "")
		two := d.post("two", "Cats")
		hears("a new post", siteFeeds+" "+tagFeeds("cats"))
		d.withdraw(two)
		hears("the last post of a tag withdrawn", siteFeeds)
		stop()
		stopOther()
		d.post("three", "Cats")
		d.post("four", "Cats")
		stop = h.ping(t, d.Store, exampleHub)
		hears("two posts while nobody served, of a tag that comes back", siteFeeds+" "+tagFeeds("cats"))
		stop()
		stop = h.ping(t, d.Store, exampleHub)
		hears("begun again", "")
		stop()
		stop = h.ping(t, d.Store, exampleHub, "https://second.example.net/")
		hears("a second hub", siteFeeds+" "+tagFeeds("cats")+" "+tagFeeds("go"))
		stop()
		h.ping(t, d.Store)()
		d.post("five")
		stop = h.ping(t, d.Store)
		hears("no hub", "")
		stop()
	})
}

// A hub that is away gets one ping and no more before it has rested.
func TestHubsAreToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &newsdesk{site{Store: newStore(t), t: t, files: map[string]string{}}}
		h := &hub{status: 503}
		stop := h.ping(t, d.Store, exampleHub)
		if got := h.hears(5 * time.Second); got != "feed.xml" {
			t.Fatalf("told of %q", got)
		}
		if got := h.hears(50 * time.Second); got != "" {
			t.Errorf("told of %q before its time", got)
		}
		stop() // and what waits is on disk
		stop = h.ping(t, d.Store, exampleHub)
		if got := h.hears(15 * time.Second); got != "atom.xml" {
			t.Errorf("told of %q by another process", got)
		}
		h.mu.Lock()
		h.status = 204
		h.mu.Unlock()
		if got := h.hears(3 * time.Minute); got != siteFeeds {
			t.Errorf("told of %q when it was back", got)
		}
		if got := h.hears(10 * time.Minute); got != "" {
			t.Errorf("told of %q, which it has taken", got)
		}
		h.mu.Lock()
		h.status = 500
		h.mu.Unlock()
		d.post("one")
		if got := h.hears(5 * time.Second); got != "feed.xml" {
			t.Errorf("told of %q", got)
		}
		const day = 24 * time.Hour
		run(t, d.Store, `UPDATE ping SET created_at = created_at - ?`, day.Milliseconds())
		if got := h.hears(2 * time.Minute); got != "" {
			t.Errorf("told of %q, which was too old", got)
		}
		if n := value[int64](t, d.Store, `SELECT count(*) FROM ping WHERE state = 'failed' AND note <> ''`); n != 3 {
			t.Errorf("%d pings were given up after a day", n)
		}
		if got := h.hears(10 * time.Minute); got != "" {
			t.Errorf("told of %q, which was given up", got)
		}
		stop()
		run(t, d.Store, `UPDATE ping SET state = 'queued' WHERE id = (SELECT max(id) FROM ping)`)
		for _, test := range []struct{ days, kept int64 }{{0, 6}, {8, 1}} { // what waits is never too old
			_, err := d.Tidy(t.Context(), time.Now().Add(time.Duration(test.days)*day), 100)
			if n := value[int64](t, d.Store, `SELECT count(*) FROM ping`); err != nil || n != test.kept {
				t.Errorf("%d pings are kept after %d days, want %d; %v", n, test.days, test.kept, err)
			}
		}
	})
}

// A hub that hangs keeps the others waiting neither for what is queued nor for what
// changes meanwhile, and what waits for one that is named no more is given up.
func TestAHubHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &newsdesk{site{Store: newStore(t), t: t, files: map[string]string{}}}
		d.post("one", "Go", "Cats")
		h := &hub{status: 202, hangs: "slow.example.net"}
		stop := h.ping(t, d.Store, "https://slow.example.net/", exampleHub)
		if got, want := h.hears(5*time.Second), siteFeeds+" "+tagFeeds("cats")+" "+tagFeeds("go"); got != want {
			t.Errorf("the hub was told of %q, want %q", got, want)
		}
		d.post("two")
		if got := h.hears(5 * time.Second); got != siteFeeds {
			t.Errorf("of a second post the hub was told of %q", got)
		}
		stop()
		d.post("three")
		defer h.ping(t, d.Store, exampleHub)()
		h.hears(5 * time.Second)
		if n := value[int64](t, d.Store, `SELECT count(*) FROM ping WHERE state = 'queued'`); n != 0 {
			t.Errorf("%d pings wait for a hub that is named no more", n)
		}
	})
}

func TestLockedDatabasesTellNoHub(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &newsdesk{site{Store: newStore(t), t: t, files: map[string]string{}}}
		h := &hub{status: 204}
		defer h.ping(t, d.Store, exampleHub)()
		h.hears(5 * time.Second)
		d.post("one")
		time.Sleep(1500 * time.Millisecond)
		run(t, d.Store, `UPDATE house SET locked = 'backup', locked_at = 1`) // with pings in the queue
		d.post("two")
		if got := h.hears(2 * time.Minute); got != "" {
			t.Errorf("told of %q", got)
		}
		run(t, d.Store, `UPDATE house SET locked = '', locked_at = NULL`)
		if got := h.hears(10 * time.Second); got != siteFeeds {
			t.Errorf("once unlocked: told of %q", got)
		}
	})
}
