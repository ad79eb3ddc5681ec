package web

import (
	"errors"
	"net/http"
)

// framePolicy is that of the form which other sites show in a frame.
const framePolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors *"

func (s *Server) embedding(w http.ResponseWriter, r *http.Request) error {
	private(w)
	w.Header().Set("Content-Security-Policy", framePolicy)
	return s.showFrame(w, r, http.StatusOK, signUpForm{}, nil)
}

// embed takes the form in a frame. Its answers stay in the frame, mistakes too:
// a page of ours would not be shown there.
func (s *Server) embed(w http.ResponseWriter, r *http.Request) error {
	private(w)
	w.Header().Set("Content-Security-Policy", framePolicy)
	form, err := s.takeSignUp(r)
	var wrong *fieldError
	switch {
	case errors.As(err, &wrong):
		return s.showFrame(w, r, http.StatusUnprocessableEntity, form, wrong)
	case err != nil:
		status, words := s.failing(w, r, err)
		return s.frame(w, status, SignUpView{Words: words})
	}
	return s.frame(w, http.StatusOK, SignUpView{Sent: true, Words: s.word("sent_text")})
}

func (s *Server) showFrame(w http.ResponseWriter, r *http.Request, status int, f signUpForm, wrong *fieldError) error {
	view, err := s.signUpView(r.Context(), f, 0)
	if err != nil {
		return err
	}
	view.Action, view.Short = s.path("subscribe", "embed"), true // the height of a frame is fixed
	if wrong != nil {
		view.Problem, view.Words = wrong.field, s.word(wrong.word)
	}
	return s.frame(w, status, view)
}

func (s *Server) frame(w http.ResponseWriter, status int, view SignUpView) error {
	return s.show(w, status, "embed", Page{Title: s.word("subscribe"), Private: true, Body: view})
}
