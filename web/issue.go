package web

import (
	"errors"
	"net/http"

	"postrider/store"
)

// issue shows an issue as most of its readers got it, without what was personal
// in it.
func (s *Server) issue(w http.ResponseWriter, r *http.Request) error {
	variants, err := s.Store.Variants(r.Context(), r.PathValue("id"))
	if errors.Is(err, store.ErrNotFound) || err == nil && len(variants) == 0 {
		return notFound("no_issue")
	}
	if err != nil {
		return err
	}
	return foreign(w, variants[0].HTML)
}
