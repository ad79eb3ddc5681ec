package web

import (
	"fmt"
	"io"
	"net/http"
)

// page makes a whole page or none: a template that fails half-way gives an error,
// not half a page. It fills in what all pages share.
func (s *Server) page(name string, p Page) (*document, error) {
	html, err := s.render(name, p)
	if err != nil {
		return nil, err
	}
	return newDocument(htmlType, []byte(html)), nil
}

const htmlType = "text/html; charset=utf-8"

func (s *Server) render(name string, p Page) (string, error) {
	p.Site = s.siteView()
	p.Feeds = append(p.Feeds, s.feedViews("")...)
	html, err := s.pages.HTML(name, p)
	if err != nil {
		return "", fmt.Errorf("show page %s: %w", name, err)
	}
	return html, nil
}

// show writes a page that is made for one request alone.
func (s *Server) show(w http.ResponseWriter, status int, name string, p Page) error {
	html, err := s.render(name, p)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", htmlType)
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", revalidate)
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

// foreign makes a document of HTML that is not a page of ours.
func foreign(html string) *document {
	d := newDocument(htmlType, []byte(html))
	d.policy = foreignPolicy
	return d
}
