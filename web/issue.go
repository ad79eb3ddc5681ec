package web

import (
	"errors"
	"net/http"
	"strings"

	"postrider/store"
)

// issue shows an issue as most of its readers got it, without what was personal
// in it. It was frozen as a mail: what makes it a page of the site is put around it.
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
	head, err := s.render("issue-head", page)
	if err != nil {
		return nil, err
	}
	foot, err := s.render("issue-foot", page)
	if err != nil {
		return nil, err
	}
	html := insertBefore(variants[0].HTML, strings.Index(variants[0].HTML, "</head>"), head)
	return foreign(insertBefore(html, strings.LastIndex(html, "</body>"), foot)), nil
}

// insertBefore puts text into html at a place; where a template of the user's has no
// such place, at none.
func insertBefore(html string, at int, text string) string {
	if at < 0 {
		return html
	}
	return html[:at] + text + html[at:]
}
