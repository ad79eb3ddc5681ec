package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"postrider/feed"
)

// feed serves the feed at the request's own path, in the coding that the reader
// likes best, or tells it that it has the newest (RFC 9110, section 13). It does
// not use [http.ServeContent], which takes twice the time.
func (s *Server) feed(w http.ResponseWriter, r *http.Request) error {
	// A reader that runs in a browser has to see what is wrong, too.
	w.Header()["Access-Control-Allow-Origin"] = anyOrigin
	if s.perReader != nil {
		if err := s.turn(s.perReader, r); err != nil {
			w.Header()["Access-Control-Expose-Headers"] = retryAfter
			return err
		}
	}
	a, ok := feed.ParsePath(strings.TrimPrefix(r.URL.Path, s.root))
	if !ok {
		return notFound("no_feed")
	}
	doc, err := s.feeds.Document(r.Context(), a)
	if err != nil {
		return feedMissing(err)
	}
	s.countReader(r, a.Path())
	form := doc.Form(coding(r.Header))
	current, header := unmodified(r.Header, form.ETag, doc.Modified), form.Header
	if current {
		header = form.Unchanged
	}
	h := w.Header()
	for name, values := range header {
		h[name] = values
	}
	if a.Format != feed.JSON {
		h["Vary"] = xmlVary
		if !current && r.Header.Get("Sec-Fetch-Dest") == "document" {
			h["Content-Type"] = xmlType
		}
	}
	if current {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(form.Data) // a reader who has left cannot be told
	}
	return nil
}

// feedPreflight lets a reader that runs in a browser ask whether there is something new
// (Fetch Standard, CORS protocol).
func feedPreflight(w http.ResponseWriter, _ *http.Request) error {
	h := w.Header()
	h["Access-Control-Allow-Origin"] = anyOrigin
	h.Set("Access-Control-Allow-Methods", "GET, HEAD")
	h.Set("Access-Control-Allow-Headers", "If-None-Match, If-Modified-Since")
	h.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

var (
	anyOrigin  = []string{"*"}
	retryAfter = []string{"Retry-After"}
)

// A person who opens a feed in a browser is shown it with its style sheet if it
// is called XML; as what it is, browsers show its source. Feed readers never send
// the field that tells them apart (Fetch Metadata).
var (
	xmlType = []string{"application/xml; charset=utf-8"}
	xmlVary = []string{"Accept-Encoding, Sec-Fetch-Dest"}
)

// feedMissing gives an error its words.
func feedMissing(err error) error {
	if e := known(err); e.status == http.StatusNotFound {
		return notFound("no_feed")
	}
	return err
}

// unmodified tells whether the client has what bears the validators. If it names
// entity tags, dates do not count (RFC 9110, section 13.2.2).
func unmodified(h http.Header, etag string, modified time.Time) bool {
	if _, tags := h["If-None-Match"]; tags {
		return matches(h, etag)
	}
	since := h.Get("If-Modified-Since")
	if since == "" || modified.IsZero() {
		return false
	}
	t, err := http.ParseTime(since)
	return err == nil && !modified.After(t)
}

// coding picks the coding that a client likes best, of those it likes equally the
// one that makes the fewest octets.
func coding(h http.Header) feed.Coding {
	best, most := feed.Identity, 0.0
	for _, c := range []struct {
		coding feed.Coding
		names  []string
	}{{feed.Brotli, []string{"br"}}, {feed.Gzip, []string{"gzip", "x-gzip"}}} {
		if q := weight(h, c.names...); q > most {
			best, most = c.coding, q
		}
	}
	if identity, said := weighed(h, "identity"); said && identity > most {
		return feed.Identity
	}
	return best
}

// weight is how much a client likes a coding that has these names, from 0 to 1.
func weight(h http.Header, names ...string) float64 {
	q, said := weighed(h, names...)
	if !said {
		q, _ = weighed(h, "*")
	}
	return q
}

// weighed reads what Accept-Encoding says of a coding (RFC 9110, section 12.5.3).
func weighed(h http.Header, names ...string) (q float64, said bool) {
	for _, list := range h["Accept-Encoding"] {
		for item := range strings.SplitSeq(list, ",") {
			coding, parameter, _ := strings.Cut(item, ";")
			for _, name := range names {
				if strings.EqualFold(strings.TrimSpace(coding), name) {
					return quality(parameter), true
				}
			}
		}
	}
	return 0, false
}

// quality reads q=VALUE (RFC 9110, section 12.4.2); one that is not there is 1,
// what cannot be read 0.
func quality(parameter string) float64 {
	name, value, _ := strings.Cut(parameter, "=")
	if !strings.EqualFold(strings.TrimSpace(name), "q") {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}
