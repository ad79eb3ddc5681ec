package web

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"postrider/store"
)

// figures counts the database when somebody wants to know, but not for each who
// asks: a long list takes a while to count. It is a [prometheus.Collector].
type figures struct {
	count  func(context.Context, time.Time) (store.Figures, error)
	duties []Duty
	now    func() time.Time
	log    *slog.Logger

	mu    sync.Mutex
	last  store.Figures
	err   error
	until time.Time // for how long last may be told
}

// For how long a count is told: that, or a hundred times what counting took, so
// that it never takes more than a hundredth of a processor.
const (
	countsAge   = 10 * time.Second
	countsShare = 100
	countTime   = 5 * time.Second // for one count
)

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("postrider_"+name, help, labels, nil)
}

// What figures tells.
var (
	databaseUp  = gauge("database_up", "Whether the database could be counted.")
	changes     = gauge("changes", "The counter of changes that readers can see.")
	postsBy     = gauge("posts", "Posts by state.", "state")
	subscribers = gauge("subscribers", "Subscribers by state.", "state")
	deliveries  = gauge("deliveries", "Mails of issues that have not ended, by state.", "state")
	notices     = gauge("notices", "Mails outside of issues that have not ended, by state.", "state")
	issueTime   = gauge("last_issue_timestamp_seconds", "When the newest issue was made.")
	issueSize   = gauge("last_issue_readers", "How many readers the newest issue is for.")
	feedPeople  = gauge("feed_subscribers", "Readers of a feed by program, as the program says.", "feed", "reader")
	oldestDue   = gauge("oldest_due_timestamp_seconds", "Since when the oldest mail is due that no living process has taken.")
	workers     = gauge("workers", "Processes that work the outbox.")
	dutyDone    = gauge("duty_last_success_timestamp_seconds", "When a duty of this process last went well.", "duty")
)

// Describe implements [prometheus.Collector].
func (f *figures) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{databaseUp, changes, postsBy, subscribers, deliveries, notices, issueTime, issueSize, feedPeople, oldestDue, workers, dutyDone} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (f *figures) Collect(ch chan<- prometheus.Metric) {
	tell := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	for _, d := range f.duties {
		if done := d.State().Done; !done.IsZero() {
			tell(dutyDone, seconds(done), d.Name)
		}
	}
	c, err := f.counts()
	if err != nil {
		tell(databaseUp, 0)
		return
	}
	tell(databaseUp, 1)
	tell(changes, float64(c.Change))
	tellEach(tell, postsBy, c.Posts)
	tellEach(tell, subscribers, c.Subscribers)
	tellEach(tell, deliveries, c.Deliveries)
	tellEach(tell, notices, c.Notices)
	tell(workers, float64(c.Workers))
	if !c.OldestDue.IsZero() {
		tell(oldestDue, seconds(c.OldestDue))
	}
	for by, n := range c.FeedReaders {
		tell(feedPeople, float64(n), by.Feed, by.Reader)
	}
	if !c.LastIssue.IsZero() {
		tell(issueTime, seconds(c.LastIssue))
		tell(issueSize, float64(c.LastReaders))
	}
}

func tellEach[K ~string](tell func(*prometheus.Desc, float64, ...string), d *prometheus.Desc, counts map[K]int64) {
	for state, n := range counts {
		tell(d, float64(n), string(state))
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// counts counts, or tells what was counted a moment ago. Who asks meanwhile waits
// and gets the same.
func (f *figures) counts() (store.Figures, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	begin := f.now()
	if begin.Before(f.until) {
		return f.last, f.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), countTime) // a scrape carries none
	defer cancel()
	f.last, f.err = f.count(ctx, begin)
	if f.err != nil {
		f.log.Warn("the house cannot be counted", "error", f.err)
	}
	end := f.now()
	f.until = end.Add(max(countsAge, countsShare*end.Sub(begin)))
	return f.last, f.err
}
