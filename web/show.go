package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"time"
)

// show writes a whole page or nothing: a template that fails half-way gives an
// error, not half a page. It fills in what all pages share.
func (s *Server) show(w http.ResponseWriter, status int, name string, p Page) error {
	p.Site = s.siteView()
	p.Feeds = append(p.Feeds, s.feedViews("")...)
	html, err := s.pages.HTML(name, p)
	if err != nil {
		return fmt.Errorf("show page %s: %w", name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, html) // a visitor who has left cannot be told
	return nil
}

// word is a word of the site's language. Words are checked when the server is
// made, so a key that is not there is a mistake of ours and shows as itself.
func (s *Server) word(key string, args ...any) string {
	text, err := s.pages.Word(key, args...)
	if err != nil {
		return key
	}
	return text
}

// foreignPolicy is for HTML that went out as mail: it has its styles within and
// may show pictures, links open beside it, and nothing runs.
const foreignPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; " +
	"style-src 'unsafe-inline'; img-src 'self' https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// foreign answers with HTML that is not a page of ours.
func foreign(w http.ResponseWriter, html string) error {
	h := w.Header()
	h.Set("Content-Security-Policy", foreignPolicy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	_, _ = io.WriteString(w, html) // as in show
	return nil
}

// asset is bytes that stay the same as long as the program runs.
type asset struct {
	mediaType string
	data      []byte
	etag      string
}

func newAsset(mediaType string, data []byte) asset {
	sum := sha256.Sum256(data)
	return asset{mediaType, data, `"` + hex.EncodeToString(sum[:12]) + `"`}
}

// serve answers also conditional requests (RFC 9110, section 13).
func (a asset) serve(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", a.mediaType)
	h.Set("ETag", a.etag)
	h.Set("Cache-Control", "public, max-age=3600")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.data))
	return nil
}
