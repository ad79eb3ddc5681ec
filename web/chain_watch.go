package web

import (
	"cmp"
	"log/slog"
	"net/http"
	"time"
)

// watched counts each answer, and with a log that wants to know writes a line of
// it. What could tell who asked, or let others ask in their name, is in neither: no
// address, no path but the pattern that it matched, no query, no header.
func (s *Server) watched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		rec := &recorder{ResponseWriter: w}
		defer func() { // also when a handler drops the connection
			took := time.Since(began)
			s.Metrics.answered(r, rec.status, took)
			if s.Log.Enabled(r.Context(), slog.LevelDebug) {
				s.Log.Debug("request", "request", requestID(w), "method", methodOf(r), "route", routeOf(r),
					"status", rec.status, "bytes", rec.size, "took", took)
			}
		}()
		next.ServeHTTP(rec, r)
	})
}

// routeOf is the pattern that a request matched: one of few, whatever is asked.
func routeOf(r *http.Request) string { return cmp.Or(r.Pattern, "none") }

// methodOf is the method of a request, of which there are few as well.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return r.Method
	}
	return "other"
}

// recorder notes what became of an answer, and gives long ones the time they need.
type recorder struct {
	http.ResponseWriter
	status  int   // 0: not begun
	size    int64 // octets of the body
	granted int64 // the size at which time was given last
}

// stretch is how many octets an answer is long for which a connection gets its
// whole time again: 1 KiB a second is slow, less is an attack.
const stretch = 64 << 10

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK { // those below come before the answer
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	r.status = cmp.Or(r.status, http.StatusOK)
	if r.size-r.granted >= stretch {
		r.granted = r.size
		// Where it cannot be set there is no deadline that could pass.
		_ = http.NewResponseController(r.ResponseWriter).SetWriteDeadline(time.Now().Add(writeTime))
	}
	n, err := r.ResponseWriter.Write(p)
	r.size += int64(n)
	return n, err
}

// Unwrap is for [http.ResponseController].
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// answered tells whether an answer has begun, so that no other can take its place.
func answered(w http.ResponseWriter) bool {
	rec, ok := w.(*recorder)
	return ok && rec.status != 0
}
