package web

import (
	"errors"
	"net/http"

	"postrider/store"
)

// issue shows an issue as most of its readers got it, without what was personal
// in it.
func (s *Server) issue(r *http.Request) (*document, error) {
	variants, err := s.Store.Variants(r.Context(), r.PathValue("id"))
	if errors.Is(err, store.ErrNotFound) || err == nil && len(variants) == 0 {
		return nil, notFound("no_issue")
	}
	if err != nil {
		return nil, err
	}
	return foreign(variants[0].HTML), nil
}
