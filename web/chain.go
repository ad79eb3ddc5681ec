package web

import (
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"
)

// maxBody is the most octets of a request's body that are read: more than any
// form of ours can need.
const maxBody = 64 << 10

// bodyTime is how long the body of a request may take to come. Forms are short.
const bodyTime = 6 * time.Second

// answerTime is how long an answer may be worked on. A database that others hold
// makes it a 503, instead of a visitor who waits and a heap of those who do.
const answerTime = 8 * time.Second

// pagePolicy is what a page of ours may load (Content Security Policy, Level 3).
// Posts may show pictures, sounds and films of other hosts.
const pagePolicy = "default-src 'none'; style-src 'self'; img-src 'self' https: data:; media-src 'self' https:; " +
	"frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// chain is what every request passes on its way to its handler, the outermost
// first. Up to the mux the request must stay the same one: the mux writes into it
// which pattern it found.
func (s *Server) chain(h http.Handler, own *http.CrossOriginProtection) http.Handler {
	own.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, &statusError{status: http.StatusForbidden, word: "other_site"})
	}))
	h = own.Handler(h)
	h = s.limited(h)
	h = s.secured(h)
	h = s.recovered(h)
	h = s.watched(h)
	return named(h)
}

// requestID is the random name of a request, which its answer and the log share.
func requestID(w http.ResponseWriter) string { return w.Header().Get("X-Request-Id") }

// named gives each request its id. One that comes from outside is not taken: whoever
// sends it could forge lines of the log.
func named(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", strconv.FormatUint(rand.Uint64(), 36))
		next.ServeHTTP(w, r)
	})
}

// recovered logs a panic and shows the page of any other fault.
func (s *Server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			fault := recover()
			if fault == nil {
				return
			}
			if fault == http.ErrAbortHandler { // wanted: net/http drops the connection
				panic(fault)
			}
			s.Log.Error("a request panicked", "request", requestID(w), "route", r.Pattern,
				"fault", fault, "stack", string(debug.Stack()))
			s.fail(w, r, &statusError{status: http.StatusInternalServerError, word: "our_fault"})
		}()
		next.ServeHTTP(w, r)
	})
}

// secured sets what holds for every answer. HTTPS for a year is asked for where
// the site is said to be reached so (RFC 6797). Other sites are told nothing of the page
// that leads to them. Our own are: without, browsers keep from us also where our own
// forms come from (Fetch, "append a request Origin header"), and over plain HTTP that is
// all that tells them from those of other sites.
func (s *Server) secured(next http.Handler) http.Handler {
	always := http.Header{
		"Content-Security-Policy":    {pagePolicy},
		"X-Content-Type-Options":     {"nosniff"},
		"Referrer-Policy":            {"same-origin"},
		"Cross-Origin-Opener-Policy": {"same-origin"},
	}
	if s.Site.URL.Scheme == "https" {
		always["Strict-Transport-Security"] = []string{"max-age=31536000"}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for name, value := range always {
			h[name] = value
		}
		next.ServeHTTP(w, r)
	})
}

// limited refuses a body that says it is too long before any of it is read, and
// stops reading one that proves to be. A script gets its answer from the handler,
// which knows whether it may read it.
func (s *Server) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.ContentLength > maxBody:
			w.Header().Set("Connection", "close") // what was sent of it is not waited for
			if !wantsJSON(r) {
				s.fail(w, r, &statusError{status: http.StatusRequestEntityTooLarge, word: "too_large"})
				return
			}
			r.Body = tooLarge{}
		case r.Body != http.NoBody:
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime)) // where none can be set, readTime holds
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		}
		next.ServeHTTP(w, r)
	})
}

// tooLarge is a body of which nothing is read. Who waits for a word before sending it
// (RFC 9110, section 10.1.1) is not told to go on.
type tooLarge struct{}

// Read implements [io.Reader].
func (tooLarge) Read([]byte) (int, error) { return 0, &http.MaxBytesError{Limit: maxBody} }

// Close implements [io.Closer].
func (tooLarge) Close() error { return nil }
