package web

import (
	"context"
	"crypto/rand"
	"net/http"
	"runtime/debug"
)

// maxBody is the most octets of a request's body that are read: more than any
// form of ours can need.
const maxBody = 64 << 10

// pagePolicy is what a page of ours may load (Content Security Policy, Level 3).
// Posts may show pictures, sounds and films of other hosts.
const pagePolicy = "default-src 'none'; style-src 'self'; img-src 'self' https: data:; media-src 'self' https:; " +
	"frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// chain is what every request passes on its way to its handler, the outermost
// first.
func (s *Server) chain(h http.Handler) http.Handler {
	h = http.NewCrossOriginProtection().Handler(h)
	h = limited(h)
	h = secured(h)
	h = s.recovered(h)
	return numbered(h)
}

// requestKey is the place of a request's id in its context.
type requestKey struct{}

// requestID is the random name of a request, which its answer and the log share.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// numbered gives each request its id. One that comes from outside is not taken:
// whoever sends it could forge lines of the log.
func numbered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()[:16]
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, id)))
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
			s.Log.Error("a request panicked", "request", requestID(r.Context()), "path", r.Pattern,
				"fault", fault, "stack", string(debug.Stack()))
			s.fail(w, r, &statusError{status: http.StatusInternalServerError, word: "our_fault"})
		}()
		next.ServeHTTP(w, r)
	})
}

// secured sets what holds for every answer.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

func limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}
