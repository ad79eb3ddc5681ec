package web

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"postrider/feed"
	"postrider/store"
)

// readerCounts counts who asks for feeds by the programs they use, and keeps what
// those say of how many people read through them. Nothing in it tells of one person:
// no address is looked at, and of a User-Agent only what [feed.Reader] has.
//
// A figure is written when it or its day is new, all together once a minute, so that
// readers who poll cost no transaction each.
type readerCounts struct {
	keep    func(context.Context, []store.FeedReader) error
	metrics *Metrics
	now     func() time.Time
	log     *slog.Logger

	mu      sync.Mutex
	agents  map[string]feed.Reader         // by User-Agent, parsed before
	written map[readerKey]store.FeedReader // what the database has, as far as known
	pending map[readerKey]store.FeedReader // what it has not
}

type readerKey struct{ feed, reader, id string }

const (
	readersEach = time.Minute     // between two transactions
	readersTime = 5 * time.Second // for one of them
	// mostReaders bounds each of the maps: visitors can say anything.
	mostReaders = 1000
	longestName = 512 // octets of a User-Agent that are read
)

func newReaderCounts(keep func(context.Context, []store.FeedReader) error, m *Metrics, now func() time.Time, log *slog.Logger) *readerCounts {
	return &readerCounts{keep: keep, metrics: m, now: now, log: log, agents: map[string]feed.Reader{},
		written: map[readerKey]store.FeedReader{}, pending: map[readerKey]store.FeedReader{}}
}

// countReader counts a request for the feed at a path below the site, one that
// exists.
func (s *Server) countReader(r *http.Request, path string) { s.readers.count(r.UserAgent(), path) }

func (c *readerCounts) count(agent, path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	reader := c.parse(agent)
	c.metrics.feedRequests.WithLabelValues(reader.Name).Inc()
	if reader.Subscribers == 0 {
		return
	}
	key := readerKey{path, reader.Name, reader.FeedID}
	said := store.FeedReader{Feed: path, Reader: reader.Name, FeedID: reader.FeedID,
		Subscribers: int64(reader.Subscribers), Day: c.now().UTC().Format(time.DateOnly)}
	_, waits := c.pending[key]
	switch {
	case !waits && c.written[key] == said:
	case !waits && len(c.pending) >= mostReaders:
	default:
		c.pending[key] = said
	}
}

// parse is [feed.ParseReader] with a memory.
func (c *readerCounts) parse(agent string) feed.Reader {
	agent = agent[:min(len(agent), longestName)]
	reader, known := c.agents[agent]
	if !known {
		if len(c.agents) >= mostReaders {
			clear(c.agents)
		}
		reader = feed.ParseReader(agent)
		c.agents[agent] = reader
	}
	return reader
}

// run writes what is new each minute until ctx ends. Call flush once more when
// nobody asks any more.
func (c *readerCounts) run(ctx context.Context) {
	tick := time.NewTicker(readersEach)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			c.flush(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// flush writes what is new. What cannot be written waits for the next time.
func (c *readerCounts) flush(ctx context.Context) {
	c.mu.Lock()
	taken := c.pending
	c.pending = map[readerKey]store.FeedReader{}
	c.mu.Unlock()
	if len(taken) == 0 {
		return
	}
	list := make([]store.FeedReader, 0, len(taken))
	for _, said := range taken {
		list = append(list, said)
	}
	ctx, cancel := context.WithTimeout(ctx, readersTime)
	defer cancel()
	err := c.keep(ctx, list)
	if err != nil {
		c.log.Warn("the figures of feed readers cannot be kept now", "error", err)
	}
	c.settle(taken, err == nil)
}

// settle notes what became of what was taken.
func (c *readerCounts) settle(taken map[readerKey]store.FeedReader, kept bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.written)+len(taken) > 2*mostReaders {
		clear(c.written)
	}
	for key, said := range taken {
		if kept {
			c.written[key] = said
		} else if _, newer := c.pending[key]; !newer && len(c.pending) < mostReaders {
			c.pending[key] = said
		}
	}
}
