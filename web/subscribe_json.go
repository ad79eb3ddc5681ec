package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// wantsJSON tells whether a sign-up came from a script, which reads no page.
func wantsJSON(r *http.Request) bool {
	if isJSON(r.Header.Get("Content-Type")) {
		return true
	}
	accepted := strings.Join(r.Header.Values("Accept"), ",")
	return strings.Contains(accepted, "application/json") && !strings.Contains(accepted, "text/html")
}

// answerJSON tells a script what became of a sign-up: {"ok":true}, or {"error": …}
// in the words of the page, with the field that is wrong.
func (s *Server) answerJSON(w http.ResponseWriter, r *http.Request, err error) error {
	var body struct {
		OK    bool   `json:"ok,omitempty"`
		Error string `json:"error,omitempty"`
		Field string `json:"field,omitempty"`
	}
	status := http.StatusOK
	var wrong *fieldError
	switch {
	case err == nil:
		body.OK = true
	case errors.As(err, &wrong):
		status, body.Error, body.Field = http.StatusUnprocessableEntity, s.word(wrong.word), wrong.field
	default:
		status, body.Error = s.failing(w, r, err)
	}
	answer, err := json.Marshal(body)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(answer, '\n')) // as in show
	return nil
}

// failing is what [Server.fail] does before it shows a page, for what is no page.
func (s *Server) failing(w http.ResponseWriter, r *http.Request, err error) (status int, words string) {
	known := known(err)
	s.logFailure(w, r, known.status, err)
	if known.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(known.retry.Seconds())))
	}
	return known.status, s.word(known.word)
}

// allowOrigin lets the scripts of the sites in the settings read an answer (Fetch
// Standard, CORS protocol), and tells whether the request comes from one.
func (s *Server) allowOrigin(w http.ResponseWriter, r *http.Request) bool {
	h, origin := w.Header(), r.Header.Get("Origin")
	h.Add("Vary", "Origin")
	if origin == "" || !slices.Contains(s.SignUps.Origins, origin) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "Retry-After")
	return true
}

// preflight answers the question that browsers ask before they send JSON to
// another site.
func (s *Server) preflight(w http.ResponseWriter, r *http.Request) error {
	private(w)
	h := w.Header()
	if s.allowOrigin(w, r) {
		h.Set("Access-Control-Allow-Methods", "POST")
		h.Set("Access-Control-Allow-Headers", "Content-Type")
		h.Set("Access-Control-Max-Age", "86400")
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
