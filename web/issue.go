package web

import (
	"errors"
	"net/http"
	"strings"

	"postrider/store"
)

// issue shows an issue as most of its readers got it, without what was personal
// in it. It was frozen as a mail: what makes it a page of the site is put around it, with
// the landmarks and the heading that mails do without.
func (s *Server) issue(r *http.Request) (*document, error) {
	id := r.PathValue("id")
	variants, err := s.Store.Variants(r.Context(), id)
	if errors.Is(err, store.ErrNotFound) || err == nil && len(variants) == 0 {
		return nil, notFound("no_issue")
	}
	if err != nil {
		return nil, err
	}
	page := Page{Title: variants[0].Subject, Canonical: s.Site.URL.JoinPath("issues", id).String()}
	html := variants[0].HTML
	for _, part := range []struct {
		name string
		at   func(html string) int
	}{
		{"issue-head", func(html string) int { return strings.Index(html, "</head>") }},
		{"issue-top", afterBodyTag},
		{"issue-foot", func(html string) int { return strings.LastIndex(html, "</body>") }},
	} {
		text, err := s.render(part.name, page)
		if err != nil {
			return nil, err
		}
		html = insertBefore(html, part.at(html), text)
	}
	return foreign(html), nil
}

// afterBodyTag is where the body begins: mails have their body's styles in its tag, and
// no ">" in those.
func afterBodyTag(html string) int {
	tag := strings.Index(html, "<body")
	if tag < 0 {
		return -1
	}
	if end := strings.IndexByte(html[tag:], '>'); end >= 0 {
		return tag + end + 1
	}
	return -1
}

// insertBefore puts text into html at a place; where a template of the user's has no
// such place, at none.
func insertBefore(html string, at int, text string) string {
	if at < 0 {
		return html
	}
	return html[:at] + text + html[at:]
}
