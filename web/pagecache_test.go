package web

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"postrider/store"
)

// counter is a change counter that can fail.
type counter struct {
	sync.Mutex
	n      int64
	err    error
	looked int
}

func (c *counter) change(context.Context) (int64, error) {
	c.Lock()
	defer c.Unlock()
	c.looked++
	return c.n, c.err
}

func (c *counter) set(n int64, err error) {
	c.Lock()
	defer c.Unlock()
	c.n, c.err = n, err
}

func textOf(t *testing.T, c *pageCache, key, made string, err error) string {
	t.Helper()
	d, err := c.get(t.Context(), key, func(context.Context) (*document, error) {
		if err != nil {
			return nil, err
		}
		return newDocument("text/plain", []byte(made)), nil
	})
	if d == nil {
		return fmt.Sprint(err)
	}
	return string(d.plain.data)
}

func TestPageCacheMakesOncePerChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		count := &counter{n: 1}
		c := newPageCache(count.change, time.Now, pageMemory)
		busy := fmt.Errorf("read: %w", store.ErrBusy)
		for i, step := range []struct {
			wait   time.Duration
			change int64
			look   error
			made   string
			err    error
			want   string
		}{
			{0, 1, nil, "one", nil, "one"},
			{0, 1, nil, "not made", nil, "one"},
			{lookEvery - 1, 2, nil, "too early", nil, "one"},
			{lookEvery, 2, nil, "two", nil, "two"},
			{lookEvery, 3, busy, "not made while nobody knows", nil, "two"},
			{lookEvery, 3, nil, "", busy, "two"},
			{lookEvery, 3, nil, "three", nil, "three"},
			{-time.Hour, 4, nil, "four, though the clock was put back", nil, "four, though the clock was put back"},
		} {
			count.set(step.change, step.look)
			time.Sleep(max(0, step.wait))
			if step.wait < 0 {
				c.now = func() time.Time { return time.Now().Add(step.wait) }
			}
			if got := textOf(t, c, "page", step.made, step.err); got != step.want {
				t.Errorf("step %d: %q, want %q", i, got, step.want)
			}
		}
		if got := textOf(t, c, "another", "", busy); got != busy.Error() {
			t.Errorf("a page that never was made gives %q", got)
		}
	})
}

func TestPageCacheMakesForAllWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		count := &counter{n: 1}
		c := newPageCache(count.change, time.Now, pageMemory)
		made := 0
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				d, err := c.get(t.Context(), "page", func(context.Context) (*document, error) {
					made++
					time.Sleep(time.Second)
					return newDocument("text/plain", []byte("made")), nil
				})
				if err != nil || string(d.plain.data) != "made" {
					t.Error(d, err)
				}
			})
		}
		all.Wait()
		if made != 1 {
			t.Errorf("made %d times", made)
		}
		if count.looked > 2 {
			t.Errorf("the database was asked %d times", count.looked)
		}
	})
}

func TestPageCacheIsBounded(t *testing.T) {
	count := &counter{}
	c := newPageCache(count.change, func() time.Time { return time.Unix(0, 0) }, 20_000)
	for i := range 1000 {
		textOf(t, c, "often", "x", nil)
		textOf(t, c, fmt.Sprint(i), strings.Repeat("y", 1000), nil)
		if c.size > c.limit || len(c.pages) != c.order.Len() {
			t.Fatalf("%d octets in %d pages, %d in order", c.size, len(c.pages), c.order.Len())
		}
	}
	textOf(t, c, "huge", strings.Repeat("z", 6000), nil)
	if _, ok := c.find("huge"); ok {
		t.Error("one page took most of the room")
	}
	if _, ok := c.find("often"); !ok {
		t.Error("the page that is used most is gone")
	}
	if _, ok := c.find("0"); ok {
		t.Error("the oldest page is still here")
	}
	for key := range c.pages {
		c.forget(key)
	}
	if c.size != 0 {
		t.Errorf("%d octets in no page", c.size)
	}
}

func TestPagesAreValidated(t *testing.T) {
	house := newArchive(t, "https://news.example.org")
	h := house.server("en")
	plain, zipped := get(t, h, "/"), get(t, h, "/", "Accept-Encoding", "br, gzip")
	r, err := gzip.NewReader(zipped.Body)
	house.ok(err)
	if text, err := io.ReadAll(r); err != nil || string(text) != plain.Body.String() {
		t.Errorf("compressed, the page reads otherwise: %v", err)
	}
	etags := [2]string{plain.Header().Get("ETag"), zipped.Header().Get("ETag")}
	if etags[0] == "" || etags[0] == etags[1] || zipped.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("validators %q, encoding %q", etags, zipped.Header().Get("Content-Encoding"))
	}
	for _, known := range []string{etags[0], "W/" + etags[0], `"x", ` + etags[0], "*"} {
		w := get(t, h, "/", "If-None-Match", known)
		if w.Code != http.StatusNotModified || w.Body.Len() > 0 || w.Header().Get("ETag") != etags[0] || w.Header().Get("Vary") != "Accept-Encoding" || w.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("If-None-Match %s: %d %v", known, w.Code, w.Header())
		}
	}
	head := httptest.NewRecorder()
	h.ServeHTTP(head, httptest.NewRequest(http.MethodHead, "/", nil))
	if head.Code != http.StatusOK || head.Body.Len() > 0 || head.Header().Get("Content-Length") != fmt.Sprint(plain.Body.Len()) {
		t.Errorf("HEAD: %d, %d octets, %v", head.Code, head.Body.Len(), head.Header())
	}
	house.post("new.md", "The newest.")
	if w := get(t, h, "/", "If-None-Match", etags[0]); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "The newest") {
		t.Errorf("after a change: %d\n%s", w.Code, w.Body)
	}
}

func TestAcceptsGzip(t *testing.T) {
	for list, want := range map[string]bool{
		"gzip": true, "br;q=1.0, gzip;q=0.8, *;q=0.1": true, "x-gzip": true, "GZIP": true, "*": true, "br, *;q=0.5": true,
		"": false, "br": false, "gzip;q=0": false, "gzip; q=0.000": false, "*;q=0": false, "*, gzip;q=0": false, "gzip;q=x": false, "agzip": false,
	} {
		if got := acceptsGzip(http.Header{"Accept-Encoding": {list}}); got != want {
			t.Errorf("%q: %t", list, got)
		}
	}
}

func TestPagesOutliveTheDatabase(t *testing.T) {
	house := newArchive(t, "https://news.example.org")
	h := house.server("en")
	before := get(t, h, "/posts/horn")
	house.ok(house.store.Close())
	house.now = house.now.Add(time.Minute)
	after := get(t, h, "/posts/horn")
	if after.Code != http.StatusOK || after.Body.String() != before.Body.String() {
		t.Errorf("%d\n%s", after.Code, after.Body)
	}
	if w := get(t, h, "/posts/first"); w.Code < 500 {
		t.Errorf("a page that nobody has seen: %d", w.Code)
	}
}

func TestWhatIsGoneIsNotKept(t *testing.T) {
	house := newArchive(t, "https://news.example.org")
	h := house.server("en")
	get(t, h, "/posts/horn")
	p, err := house.store.Post(t.Context(), "horn")
	house.ok(err)
	house.now = house.now.Add(time.Minute)
	_, err = house.store.WithdrawPosts(t.Context(), house.now, p.ID)
	house.ok(err)
	if w := get(t, h, "/posts/horn"); w.Code != http.StatusGone {
		t.Errorf("withdrawn, it still answers %d", w.Code)
	}
	house.ok(house.store.Close())
	house.now = house.now.Add(time.Minute)
	if w := get(t, h, "/posts/horn"); w.Code == http.StatusOK {
		t.Error("withdrawn, it came back when the database went away")
	}
}

func BenchmarkPage(b *testing.B) {
	h := newArchive(b, "https://news.example.org").server("en")
	etag := get(b, h, "/posts/horn", "Accept-Encoding", "gzip").Header().Get("ETag")
	for name, header := range map[string][]string{
		"plain": nil, "gzip": {"Accept-Encoding", "gzip"}, "known": {"Accept-Encoding", "gzip", "If-None-Match", etag},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				get(b, h, "/posts/horn", header...)
			}
		})
	}
}
