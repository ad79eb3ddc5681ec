package web

import (
	"errors"
	"net/http"

	"postrider/newsletter"
	"postrider/store"
)

// ConfirmView asks to confirm a subscription (confirm.html), or says that it is
// confirmed (confirmed.html).
type ConfirmView struct {
	Address string
	Name    string // as whoever subscribed wrote it; "" if they wrote none
	Cadence string
	Topics  []string // none: everything
	Consent string   // what pressing the button agrees to
}

// confirmation shows what there is to confirm and a button. Nothing happens before
// that is pressed: programs that look into mail follow every link.
func (s *Server) confirmation(w http.ResponseWriter, r *http.Request, b bearer) error {
	switch b.State {
	case newsletter.Active:
		return s.confirmed(w, r, b)
	case newsletter.Pending:
		view, err := s.confirmView(r, b)
		if err != nil {
			return err
		}
		return s.show(w, http.StatusOK, "confirm", Page{Title: s.word("confirm_page"), Private: true, Body: view})
	}
	return s.noticeToJoin(w, "link_spent")
}

// confirm makes the bearer an active subscriber. To press again does what the
// first time did; a link from before the reader left does nothing.
func (s *Server) confirm(w http.ResponseWriter, r *http.Request, b bearer) error {
	agreed := s.agreed(r, newsletter.Confirmed, newsletter.ByDoubleOptIn, s.consent())
	joining := s.joining(b.Cadence)
	b, err := s.change(r.Context(), b, store.Record{Consent: &agreed, By: newsletter.OptIn, Joining: &joining},
		func(sub newsletter.Subscriber) (newsletter.Subscriber, error) { return sub.Answer(s.Now()) })
	var refused *newsletter.StateError
	if errors.As(err, &refused) || errors.Is(err, store.ErrSuppressed) {
		return s.noticeToJoin(w, "link_spent")
	}
	if err != nil {
		return err
	}
	if s.SignUps.Welcome {
		// The key of a welcome is the moment of the confirmation: pressing again
		// queues one that failed here, and none a second time.
		if _, err := s.Notifier.Welcome(r.Context(), b.ID, b.Changed, s.Now()); err != nil {
			s.Log.Error("a welcome was not queued", "request", requestID(r.Context()), "error", err)
		}
	}
	return s.confirmed(w, r, b)
}

func (s *Server) confirmed(w http.ResponseWriter, r *http.Request, b bearer) error {
	view, err := s.confirmView(r, b)
	if err != nil {
		return err
	}
	return s.show(w, http.StatusOK, "confirmed", Page{Title: s.word("confirmed_title"), Private: true, Body: view})
}

func (s *Server) confirmView(r *http.Request, b bearer) (ConfirmView, error) {
	topics, err := s.topicLabels(r.Context(), b.Topics)
	return ConfirmView{Address: b.Email.Display(), Name: b.Name, Cadence: s.cadenceWord(b.Cadence), Topics: topics, Consent: s.consent()}, err
}
