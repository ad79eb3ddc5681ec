package web

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"postrider/mailer"
	"postrider/newsletter"
	"postrider/store"
)

// Names and help follow the conventions of Prometheus.
func TestMetricsAreWellNamed(t *testing.T) {
	house := newArchive(t, "https://news.example.org")
	house.issue(house.post("sent.md", "Words."))
	m := NewMetrics()
	h := house.server("en", func(_ *Config, p *Parts) { p.Metrics = m })
	get(t, h, "/")
	m.Recorded(mailer.Event{Entry: mailer.Entry{State: mailer.Sent}})
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

func TestOutcomesAreCounted(t *testing.T) {
	m := NewMetrics()
	const series = 2 * 4 // kinds and outcomes, told of before there are any: else a first burst is missed
	if n := testutil.CollectAndCount(m.outcomes); n != series {
		t.Errorf("%d outcomes are told of at the start", n)
	}
	for _, e := range []mailer.Event{
		{Entry: mailer.Entry{Key: mailer.Key{Issue: 1}, State: mailer.Sent}},
		{Entry: mailer.Entry{Key: mailer.Key{Issue: 1}, State: mailer.Sent}},
		{Entry: mailer.Entry{Key: mailer.Key{Issue: 1}, State: mailer.Deferred}},
		{Entry: mailer.Entry{State: mailer.Sent}},
		{Entry: mailer.Entry{State: mailer.Sending}, Verdict: mailer.Refused},
		{Entry: mailer.Entry{State: mailer.Sent}, Verdict: mailer.Lost},
	} {
		m.Recorded(e)
	}
	for want, labels := range map[float64][]string{2: {"issue", "sent"}, 1: {"notice", "sent"}} {
		if got := testutil.ToFloat64(m.outcomes.WithLabelValues(labels...)); got != want {
			t.Errorf("%v: %v, want %v", labels, got, want)
		}
	}
	if n := testutil.CollectAndCount(m.outcomes); n != series {
		t.Errorf("%d outcomes are told of", n)
	}
}

// A count is told again for a while: the longer, the longer it took.
func TestCountsAreKept(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	takes, counts, fault := 10*time.Millisecond, 0, error(nil)
	f := &figures{log: slog.New(slog.DiscardHandler), now: func() time.Time { return now },
		count: func(context.Context, time.Time) (store.Figures, error) {
			counts++
			now = now.Add(takes)
			return store.Figures{Subscribers: map[newsletter.State]int64{newsletter.Active: int64(counts)}}, fault
		}}
	look := func(after time.Duration, want int) {
		t.Helper()
		now = now.Add(after)
		if c, err := f.counts(); !errors.Is(err, fault) || counts != want || c.Subscribers[newsletter.Active] != int64(want) {
			t.Errorf("%d counts, %+v, %v; want the %d. count", counts, c, err, want)
		}
	}
	look(0, 1)
	look(9*time.Second, 1)
	takes = time.Second
	look(2*time.Second, 2)
	look(99*time.Second, 2)
	fault = errors.New("busy")
	look(2*time.Second, 3)
	if n := testutil.CollectAndCount(f); n != 1 {
		t.Errorf("%d figures without a database", n)
	}
}
