package feed

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/andybalholm/brotli"
)

// dates keeps dates in memory as the store keeps them in its database.
type dates struct {
	mu       sync.Mutex
	err      error
	hang     bool // until the context ends
	digest   map[string][sha256.Size]byte
	change   map[string]int64
	modified map[string]int64
}

func (d *dates) FeedModified(ctx context.Context, path string, digest [sha256.Size]byte, change int64, now time.Time) (time.Time, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.hang {
		<-ctx.Done()
		return time.Time{}, false, ctx.Err()
	}
	if d.err != nil {
		return time.Time{}, false, d.err
	}
	if d.digest[path] != digest && d.change[path] <= change {
		d.digest[path], d.change[path], d.modified[path] = digest, change, max(now.Unix(), d.modified[path]+1)
	}
	return time.Unix(d.modified[path], 0).UTC(), d.digest[path] == digest, nil
}

// served is a cache over a shelf that a test changes.
type served struct {
	*Cache
	t      *testing.T
	shelf  *shelf
	dates  *dates
	change int64
	known  bool
}

func newServed(t *testing.T, n int) *served {
	s := &served{t: t, shelf: newShelf(numbered(n)), change: 1, known: true,
		dates: &dates{digest: map[string][sha256.Size]byte{}, change: map[string]int64{}, modified: map[string]int64{}}}
	s.Cache = s.again()
	return s
}

// again is the cache of another process, or of the next one.
func (s *served) again() *Cache {
	return &Cache{Library: s.shelf.library(sampleSite(s.t)), Dates: s.dates, MaxAge: 30 * time.Minute, Now: time.Now,
		Change: func(context.Context) (int64, bool) { return s.change, s.known },
		Log:    slog.New(slog.NewTextHandler(s.t.Output(), nil))}
}

// edit changes the newest article.
func (s *served) edit(title string) {
	s.shelf.mu.Lock()
	defer s.shelf.mu.Unlock()
	s.shelf.articles[0].Title = title
	s.Library.rendered = articles{}
	s.change++
}

func (s *served) get(c *Cache) *Document {
	s.t.Helper()
	d, err := c.Document(s.t.Context(), Address{Format: RSS})
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func (s *served) shows(d *Document, title string) {
	s.t.Helper()
	if !bytes.Contains(d.Data, []byte("<title>"+title+"</title>")) {
		s.t.Errorf("the feed does not show %q", title)
	}
}

func TestCacheRendersOncePerChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServed(t, 3)
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { s.get(s.Cache) })
		}
		all.Wait()
		if s.shelf.asked != 1 {
			t.Errorf("rendered %d times for 50 readers", s.shelf.asked)
		}
		time.Sleep(time.Hour)
		if first := s.get(s.Cache); s.get(s.Cache) != first || s.shelf.asked != 1 {
			t.Errorf("rendered %d times though nothing changed", s.shelf.asked)
		}
	})
}

// TestDatesRiseWithTheBytes changes a feed faster than dates can tell, and looks at
// what readers are given all the while.
func TestDatesRiseWithTheBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServed(t, 3)
		last := s.get(s.Cache)
		for i := range 40 {
			if i%4 == 0 {
				s.edit("Edit " + string(rune('A'+i/4)))
			}
			time.Sleep(100 * time.Millisecond)
			d := s.get(s.Cache)
			same := bytes.Equal(d.Data, last.Data)
			rise := d.Modified.Sub(last.Modified)
			if same && rise != 0 || !same && rise < time.Second || d.Modified.After(time.Now()) {
				t.Fatalf("at %v: the same bytes %t, the date rose by %v to %v", time.Now(), same, rise, d.Modified)
			}
			last = d
		}
		time.Sleep(2 * time.Second)
		s.shows(s.get(s.Cache), "Edit J")
	})
}

func TestDatesOutliveProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServed(t, 3)
		first := s.get(s.Cache)
		time.Sleep(time.Hour)
		if d := s.get(s.again()); !d.Modified.Equal(first.Modified) || d.Form(Gzip).ETag != first.Form(Gzip).ETag {
			t.Errorf("after a restart %v and %s", d.Modified, d.Form(Gzip).ETag)
		}
		s.edit("New")
		fast := s.again()
		changed := s.get(fast)
		slow := s.Cache
		if d := s.get(slow); !d.Modified.Equal(changed.Modified) || !bytes.Equal(d.Data, changed.Data) {
			t.Errorf("two processes tell %v and %v", changed.Modified, d.Modified)
		}
	})
}

func TestCacheOutlivesTheDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServed(t, 3)
		s.dates.err = errors.New("read-only")
		if d := s.get(s.Cache); !d.Modified.IsZero() {
			t.Errorf("a date that is kept nowhere: %v", d.Modified)
		}
		s.dates.err = nil
		time.Sleep(tryAgain)
		if d := s.get(s.Cache); d.Modified.IsZero() {
			t.Error("the date is not told once it can be kept")
		}
		s.edit("Unseen")
		s.shelf.err = errors.New("locked")
		s.shows(s.get(s.Cache), "Post 3")
		s.known = false
		time.Sleep(time.Minute)
		s.shows(s.get(s.Cache), "Post 3")
		s.shelf.err, s.known = nil, true
		s.shows(s.get(s.Cache), "Unseen")
	})
}

// A hub is told of changes of the newest posts only, so pages of the archive name none.
func TestHubsOfWhatTheyAreToldOf(t *testing.T) {
	s := newServed(t, 200)
	for n := range 3 {
		for _, f := range Formats() {
			d, err := s.Document(t.Context(), Address{Archive: n, Format: f})
			if err != nil {
				t.Fatal(err)
			}
			said := d.Form(Identity).Header.Get("Link") + string(d.Data)
			if names := strings.Contains(said, "hub.example.net"); names != (n == 0) || !strings.Contains(said, `rel="self"`) {
				t.Errorf("page %d as %s names the hub: %t", n, f, names)
			}
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	s := newServed(t, 200)
	s.Limit = 100 << 10
	for range 3 {
		for n := range 5 {
			for _, f := range Formats() {
				_, err := s.Document(t.Context(), Address{Archive: n, Format: f})
				if missing := n > 4; missing != errors.Is(err, fs.ErrNotExist) {
					t.Fatal(n, err)
				}
			}
		}
		if _, err := s.Document(t.Context(), Address{Tag: "none", Format: RSS}); !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	total := 0
	for _, e := range s.entries {
		total += e.document.size()
	}
	if total != s.size || s.size > s.Limit || len(s.entries) == 0 {
		t.Errorf("%d octets in %d entries, counted as %d", total, len(s.entries), s.size)
	}
}

// A feed that makes room while it is made anew is counted once when it comes back.
func TestCacheCountsWhatComesBack(t *testing.T) {
	s := newServed(t, 3)
	s.Limit = 1
	for n := range 5 {
		s.get(s.Cache)
		s.edit(fmt.Sprint("Edition ", n))
		a := Address{Format: RSS}
		e, before := s.entries[a], s.entries[a].document
		if _, err := s.Document(t.Context(), Address{Format: Atom}); err != nil { // drops it
			t.Fatal(err)
		}
		if _, err := s.renew(t.Context(), a, e, before, s.change); err != nil {
			t.Fatal(err)
		}
	}
	total := 0
	for _, e := range s.entries {
		if e.document != nil {
			total += e.document.size()
		}
	}
	if total != s.size {
		t.Errorf("%d octets, counted as %d", total, s.size)
	}
}

func TestForms(t *testing.T) {
	d := newServed(t, 3).get(newServed(t, 3).Cache)
	etags := map[string]bool{}
	for c, open := range map[Coding]func(io.Reader) (io.Reader, error){
		Identity: func(r io.Reader) (io.Reader, error) { return r, nil },
		Gzip:     func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		Brotli:   func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
	} {
		f := d.Form(c)
		r, err := open(bytes.NewReader(f.Data))
		if err != nil {
			t.Fatal(err)
		}
		if data, err := io.ReadAll(r); err != nil || !bytes.Equal(data, d.Data) {
			t.Errorf("coding %d reads otherwise: %v", c, err)
		}
		etags[f.ETag] = true
		f.Header.Add("Vary", "Origin")
		if got := f.Header.Get("Content-Encoding"); got != c.Token() {
			t.Errorf("coding %d is called %q", c, got)
		}
	}
	if len(etags) != 3 {
		t.Errorf("entity tags %v", etags)
	}
}
