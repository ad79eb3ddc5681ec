package web

import (
	"net/http"

	"postrider/newsletter"
	"postrider/store"
)

// EraseView asks whether to erase what is known of a reader (erase.html).
type EraseView struct {
	Address string
	Back    string // the path of the preferences
}

func (s *Server) erasing(w http.ResponseWriter, _ *http.Request, b bearer) error {
	if b.State == newsletter.Erased {
		return s.erased(w)
	}
	return s.show(w, http.StatusOK, "erase", Page{Title: s.word("erase_title"), Private: true,
		Body: EraseView{b.Email.Display(), s.path("preferences", b.token)}})
}

func (s *Server) erase(w http.ResponseWriter, r *http.Request, b bearer) error {
	// Where it came from is not kept: erasing takes that away from every entry.
	agreed := newsletter.Consent{At: s.Now(), Action: newsletter.Withdrew, Method: newsletter.ByLink, Text: s.word("erase_text")}
	if _, err := s.change(r.Context(), b, store.Record{Consent: &agreed}, func(sub newsletter.Subscriber) (newsletter.Subscriber, error) {
		return sub.Erase(s.Now()), nil
	}); err != nil {
		return err
	}
	return s.erased(w)
}

func (s *Server) erased(w http.ResponseWriter) error {
	return s.notice(w, http.StatusOK, "erased_title", "erased_text")
}
