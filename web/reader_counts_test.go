package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"postrider/store"
)

const (
	feedlyAgent  = "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 16 subscribers; like FeedFetcher-Google)"
	feedbinAgent = "Feedbin feed-id:1 - 4 subscribers"
)

// shelf keeps what readers said, each transaction for itself.
type readerShelf struct {
	busy  atomic.Bool // the race detector does not see that a bubble's sleep orders things
	turns [][]store.FeedReader
}

func (s *readerShelf) keep(_ context.Context, seen []store.FeedReader) error {
	if s.busy.Load() {
		return errors.New("busy")
	}
	s.turns = append(s.turns, seen)
	return nil
}

func TestReadersAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shelf, m := &readerShelf{}, NewMetrics()
		c := newReaderCounts(shelf.keep, m, time.Now, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		go c.run(ctx)
		polls := func(times int) {
			t.Helper()
			for range times {
				c.count(feedlyAgent, "feed.xml")
				c.count("curl/8", "feed.xml")
			}
			time.Sleep(readersEach)
			synctest.Wait()
		}
		polls(100)
		polls(100)
		want := []store.FeedReader{{Feed: "feed.xml", Reader: "Feedly", Subscribers: 16, Day: "2000-01-01"}}
		if len(shelf.turns) != 1 || !cmp.Equal(shelf.turns[0], want) {
			t.Errorf("a day's polls made %v", shelf.turns)
		}
		time.Sleep(24 * time.Hour)
		shelf.busy.Store(true)
		polls(1)
		if c.count(feedbinAgent, "atom.xml"); len(shelf.turns) != 1 {
			t.Errorf("%v", shelf.turns)
		}
		shelf.busy.Store(false)
		polls(0)
		if len(shelf.turns) != 2 || len(shelf.turns[1]) != 2 {
			t.Errorf("after a day, and an error: %v", shelf.turns)
		}
		for name, n := range map[string]float64{"Feedly": 201, "Feedbin": 1, "Other": 201} {
			if got := testutil.ToFloat64(m.feedRequests.WithLabelValues(name)); got != n {
				t.Errorf("%s: %v requests, want %v", name, got, n)
			}
		}
		stop()
		synctest.Wait()
		c.flush(t.Context()) // has nothing to do
		if len(shelf.turns) != 2 {
			t.Errorf("%v", shelf.turns)
		}
	})
}

func TestReaderCountsAreBounded(t *testing.T) {
	shelf, m := &readerShelf{}, NewMetrics()
	shelf.busy.Store(true)
	c := newReaderCounts(shelf.keep, m, time.Now, slog.New(slog.DiscardHandler))
	for i := range 5 * mostReaders {
		c.count(fmt.Sprintf("Feedbin feed-id:%d - 4 subscribers", i), "feed.xml")
		c.count(fmt.Sprintf("Made up %d", i)+strings.Repeat("x", 4096), "feed.xml")
		if i%mostReaders == 0 {
			c.flush(t.Context())
		}
		if i == 3*mostReaders {
			shelf.busy.Store(false)
		}
	}
	if len(c.agents) > mostReaders || len(c.pending) > mostReaders || len(c.written) > 2*mostReaders {
		t.Errorf("%d agents, %d pending, %d written are kept", len(c.agents), len(c.pending), len(c.written))
	}
	for agent := range c.agents {
		if len(agent) > longestName {
			t.Fatalf("a User-Agent of %d octets is kept", len(agent))
		}
	}
	if n := testutil.CollectAndCount(m.feedRequests); n != 2 {
		t.Errorf("%d labels", n)
	}
}

// What readers say is in the database and in the figures; who they are is not.
func TestReadersAreKept(t *testing.T) {
	house := newArchive(t, "https://news.example.org")
	var p Parts
	house.server("en", func(_ *Config, parts *Parts) { p = *parts })
	p.Metrics = nil
	s, err := New(Config{Site: siteOf(house)}, p)
	house.ok(err)
	for range 2 {
		for _, agent := range []string{feedlyAgent, feedbinAgent, strings.Replace(feedbinAgent, ":1", ":2", 1)} {
			r := httptest.NewRequest("GET", "/feed.xml", nil)
			r.Header.Set("User-Agent", agent)
			s.countReader(r, "feed.xml")
		}
		s.readers.flush(t.Context())
	}
	kept, err := house.store.FeedReaders(t.Context())
	house.ok(err)
	if len(kept) != 3 || kept[0].Reader != "Feedly" || kept[0].Day != house.now.Format(time.DateOnly) {
		t.Errorf("%+v", kept)
	}
	err = testutil.GatherAndCompare(s.Metrics.registry, strings.NewReader(`# HELP postrider_feed_subscribers Readers of a feed by program, as the program says.
# TYPE postrider_feed_subscribers gauge
postrider_feed_subscribers{feed="feed.xml",reader="Feedbin"} 8
postrider_feed_subscribers{feed="feed.xml",reader="Feedly"} 16
# HELP postrider_feed_requests_total Requests for feeds, by family of reader.
# TYPE postrider_feed_requests_total counter
postrider_feed_requests_total{reader="Feedbin"} 4
postrider_feed_requests_total{reader="Feedly"} 2
`), "postrider_feed_subscribers", "postrider_feed_requests_total")
	house.ok(err)
}
