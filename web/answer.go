package web

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"postrider/store"
)

// statusError is an error that a visitor may read, in the words of the site.
type statusError struct {
	status int
	word   string        // the key of the words that say it
	retry  time.Duration // when to come back; 0: unsaid
	logged bool          // whoever made it has told the operator
}

func (e *statusError) Error() string { return http.StatusText(e.status) + ": " + e.word }

func notFound(word string) error { return &statusError{status: http.StatusNotFound, word: word} }

// movedError says that what was asked for is elsewhere now, for good.
type movedError struct{ path string }

func (e *movedError) Error() string { return "moved to " + e.path }

// withoutSlash answers where people, or the system that a site had before, put a
// slash behind an address.
func withoutSlash(_ http.ResponseWriter, r *http.Request) error {
	return &movedError{strings.TrimSuffix(r.URL.EscapedPath(), "/")}
}

// answer serves a route: it picks the handler by the method and makes a page of
// the error that it returns.
func (s *Server) answer(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var h handler
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			h = rt.get
		case http.MethodPost:
			h = rt.post
		case http.MethodOptions:
			h = rt.options
		}
		if h == nil {
			w.Header().Set("Allow", rt.allow())
			h = func(http.ResponseWriter, *http.Request) error {
				return &statusError{status: http.StatusMethodNotAllowed, word: "wrong_method"}
			}
		}
		if !rt.ready {
			ctx, cancel := context.WithTimeout(r.Context(), answerTime)
			defer cancel()
			r = r.WithContext(ctx)
		}
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// allow lists the methods of a route (RFC 9110, section 10.2.1).
func (rt route) allow() string {
	var methods []string
	if rt.get != nil {
		methods = append(methods, "GET, HEAD")
	}
	if rt.post != nil {
		methods = append(methods, "POST")
	}
	if rt.options != nil {
		methods = append(methods, "OPTIONS")
	}
	return strings.Join(methods, ", ")
}

// fail shows an error. What a visitor may not know is logged with the id of the
// request, which is all that the page tells of it.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var moved *movedError
	if errors.As(err, &moved) {
		// A post may get a former slug back: a browser that kept both ways would go in circles.
		w.Header().Set("Cache-Control", revalidate)
		http.Redirect(w, r, moved.path, http.StatusMovedPermanently)
		return
	}
	known := known(err)
	if !known.logged {
		s.logFailure(w, r, known.status, err)
	}
	if answered(w) {
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
	h := w.Header()
	for _, name := range []string{"ETag", "Last-Modified", "Content-Encoding", "Content-Length", "Link"} {
		h.Del(name) // those of what could not be shown
	}
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Cache-Control", "no-store")
	if known.status == http.StatusRequestTimeout {
		h.Set("Connection", "close") // RFC 9110, section 15.5.9
	}
	if known.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int(known.retry.Seconds())))
	}
	page := Page{Title: s.word("status_" + strconv.Itoa(known.status)), Private: true,
		Body: ErrorView{Status: known.status, Words: s.word(known.word), Request: requestID(w)}}
	if known.status < http.StatusInternalServerError {
		page.Body = ErrorView{Status: known.status, Words: s.word(known.word)}
	}
	if err := s.show(w, known.status, "error", page); err != nil {
		s.Log.Error("the error page failed", "request", requestID(w), "error", err)
		http.Error(w, http.StatusText(known.status), known.status)
	}
}

// logFailure logs what is wrong here, and not with the request.
func (s *Server) logFailure(w http.ResponseWriter, r *http.Request, status int, err error) {
	args := []any{"request", requestID(w), "route", r.Pattern, "error", err}
	switch {
	case errors.Is(r.Context().Err(), context.Canceled): // the visitor has left
	case status == http.StatusInternalServerError:
		s.Log.Error("a request failed", args...)
	case status == http.StatusServiceUnavailable:
		s.Log.Warn("a request was put off", args...)
	}
}

// ourFault tells whether an error says that something is wrong here, and nothing
// of what was asked for.
func ourFault(err error) bool {
	var moved *movedError
	return err != nil && !errors.As(err, &moved) && known(err).status >= http.StatusInternalServerError
}

// known is what of an error is shown.
func known(err error) *statusError {
	var status *statusError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &status):
		return status
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &statusError{status: http.StatusRequestTimeout, word: "unreadable"}
	case errors.As(err, &tooLarge):
		return &statusError{status: http.StatusRequestEntityTooLarge, word: "too_large"}
	case errors.Is(err, store.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return &statusError{status: http.StatusNotFound, word: "nothing_here"}
	case errors.Is(err, store.ErrGone):
		return &statusError{status: http.StatusGone, word: "withdrawn"}
	case errors.Is(err, store.ErrBusy), errors.Is(err, store.ErrFull), errors.Is(err, context.DeadlineExceeded):
		return &statusError{status: http.StatusServiceUnavailable, word: "busy", retry: 30 * time.Second}
	}
	return &statusError{status: http.StatusInternalServerError, word: "our_fault"}
}
