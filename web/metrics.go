package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"postrider/mailer"
)

// Metrics counts what this process does, for Prometheus. Its labels have few
// values, none of which a visitor can make up.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	outcomes *prometheus.CounterVec
	// feedRequests has the families of package feed, whatever visitors say.
	feedRequests *prometheus.CounterVec
}

// The kinds of mails.
const (
	ofIssue  = "issue"
	ofNotice = "notice"
)

// NewMetrics begins to count.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "postrider_http_request_duration_seconds",
			Help:    "Time to answer a request, by route, method and class of status.",
			Buckets: []float64{.001, .005, .025, .1, .5, 2.5, 10},
		}, []string{"route", "method", "status"}),
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "postrider_mails_total",
			Help: "Mails that this process tried to send, by kind and outcome.",
		}, []string{"kind", "outcome"}),
		feedRequests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "postrider_feed_requests_total",
			Help: "Requests for feeds, by family of reader.",
		}, []string{"reader"}),
	}
	// At zero from the start: rate() does not see what a series begins with.
	for _, kind := range []string{ofIssue, ofNotice} {
		for _, outcome := range []mailer.DeliveryState{mailer.Sent, mailer.Failed, mailer.Deferred, mailer.Uncertain} {
			m.outcomes.WithLabelValues(kind, string(outcome))
		}
	}
	m.registry.MustRegister(m.requests, m.outcomes, m.feedRequests,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Recorded counts an outcome. It is for [mailer.Outbox.Progress].
func (m *Metrics) Recorded(e mailer.Event) {
	if e.Verdict != mailer.Recorded || e.Entry.State == mailer.Sending {
		return
	}
	kind := ofIssue
	if e.Entry.Key.Issue == 0 {
		kind = ofNotice
	}
	m.outcomes.WithLabelValues(kind, string(e.Entry.State)).Inc()
}

// answered counts a request.
func (m *Metrics) answered(r *http.Request, status int, took time.Duration) {
	class := "none" // dropped without an answer
	if status > 0 {
		class = strconv.Itoa(status/100) + "xx"
	}
	m.requests.WithLabelValues(routeOf(r), methodOf(r), class).Observe(took.Seconds())
}

// metrics shows the figures to those who may watch. To others the address does
// not exist.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) error {
	if !s.mayWatch(r) {
		return notFound("nothing_here")
	}
	promhttp.HandlerFor(s.Metrics.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, // what can be counted still is
	}).ServeHTTP(w, r)
	return nil
}

// mayWatch tells whether a request comes from this machine, or from a network of
// Config.MetricsAllow. A proxy that is not known as one may pass on anybody.
func (s *Server) mayWatch(r *http.Request) bool {
	if addr, known := peer(r); known && !s.trusted(addr) && forwarded(r) {
		return false
	}
	return local(r) || within(s.MetricsAllow, s.client(r))
}
