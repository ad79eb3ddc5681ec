package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// What serving a feed takes beside what net/http takes for every answer.
func BenchmarkFeed(b *testing.B) {
	h := newArchive(b, "https://news.example.org").server("en")
	tag := get(b, h, "/atom.xml").Header().Get("ETag")
	for name, header := range map[string]http.Header{
		"plain": {}, "gzip": {"Accept-Encoding": {"gzip"}}, "304": {"If-None-Match": {tag}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			r := httptest.NewRequest(http.MethodGet, "/atom.xml", nil)
			r.Header, r.RemoteAddr = header, "127.0.0.1:1234"
			for b.Loop() {
				w := discard{header: http.Header{}}
				h.ServeHTTP(&w, r)
			}
		})
	}
}

// discard is an answer that nobody reads.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}
