package web

import (
	"io"
	"net/http"
	"time"

	"postrider/newsletter"
	"postrider/store"
)

// LeaveView is the page where a reader leaves (unsubscribe.html), and the one after
// that (left.html).
type LeaveView struct {
	Address string
	Reasons []ChoiceView
	Pause   bool      // a break can be offered instead
	Paused  time.Time // until when, if one was taken; zero: the reader has left
	Told    bool      // the reader has said why
	Again   string    // the path of the page to subscribe
}

// breakMonths is how long the break lasts that is offered in place of leaving.
const breakMonths = 3

func (s *Server) leaving(w http.ResponseWriter, r *http.Request, b bearer) error {
	if b.State == newsletter.Unsubscribed {
		return s.left(w, b, false)
	}
	if b.State == newsletter.Erased {
		return s.erased(w)
	}
	return s.show(w, http.StatusOK, "unsubscribe", Page{Title: s.word("leave_title"), Private: true,
		Body: LeaveView{Address: b.Email.Display(), Reasons: s.reasons(), Pause: b.State == newsletter.Active}})
}

// leave takes the bearer off the list at once. A mail program does so by the form
// of RFC 8058 and wants nothing but a 200, or by an empty one. A reader may say why,
// then or afterwards, or take a break instead. A form of before, sent by who has come
// back since, takes nobody off: only one that says so does.
func (s *Server) leave(w http.ResponseWriter, r *http.Request, b bearer) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	oneClick := form.Get("List-Unsubscribe") == "One-Click"
	reason := newsletter.Farewell(form.Get("reason"), form.Get("words"))
	do := form.Get("do")
	switch {
	case !oneClick && do == "pause" && b.State == newsletter.Active:
		return s.pauseInstead(w, r, b)
	case !oneClick && b.State == newsletter.Unsubscribed:
		if reason != "" {
			err = s.Store.ExplainLeaving(r.Context(), b.ID, reason)
		}
	case !oneClick && do != "leave" && do != "":
		return s.leaving(w, r, b)
	default:
		agreed := s.agreed(r, newsletter.Withdrew, newsletter.ByLink, s.word("leave_text", s.Site.Title))
		if oneClick {
			agreed.Method, agreed.Text = newsletter.ByOneClick, "List-Unsubscribe=One-Click"
		}
		b, err = s.change(r.Context(), b, store.Record{Consent: &agreed, Detail: reason},
			func(sub newsletter.Subscriber) (newsletter.Subscriber, error) { return sub.Leave(s.Now()), nil })
	}
	if err != nil {
		return err
	}
	if oneClick {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "unsubscribed\n") // a program reads this, if anybody
		return nil
	}
	return s.left(w, b, reason != "")
}

func (s *Server) pauseInstead(w http.ResponseWriter, r *http.Request, b bearer) error {
	b, err := s.change(r.Context(), b, store.Record{}, func(sub newsletter.Subscriber) (newsletter.Subscriber, error) {
		return sub.Pause(breakMonths, s.Now())
	})
	if err != nil {
		return err
	}
	return s.show(w, http.StatusOK, "left", Page{Title: s.word("paused_title"), Private: true,
		Body: LeaveView{Paused: s.zoned(b.PausedUntil, b.Cadence)}})
}

func (s *Server) left(w http.ResponseWriter, b bearer, told bool) error {
	v := LeaveView{Reasons: s.reasons(), Told: told, Again: s.path("subscribe")}
	if b.State != newsletter.Unsubscribed { // only then there is a leaving to explain
		v.Reasons = nil
	}
	return s.show(w, http.StatusOK, "left", Page{Title: s.word("left_title"), Private: true, Body: v})
}

func (s *Server) reasons() []ChoiceView {
	var views []ChoiceView
	for _, reason := range newsletter.Farewells() {
		views = append(views, ChoiceView{Value: reason, Label: s.word("reason_" + reason)})
	}
	return views
}
