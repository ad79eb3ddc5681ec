package web

import (
	"context"
	"errors"
	"net/http"
	"time"

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
func (s *Server) confirmation(w http.ResponseWriter, r *http.Request, id newsletter.ID) error {
	asked, err := s.Store.Request(r.Context(), id)
	if errors.Is(err, store.ErrNotFound) { // the reader has left since
		return s.noticeToJoin(w, "link_spent")
	}
	if err != nil {
		return err
	}
	if asked.State == newsletter.Active {
		return s.confirmed(w, r, asked.Subscriber)
	}
	confirmed, err := asked.Answer(asked.Asked, s.Now())
	if err != nil { // who may not come back by themselves
		return s.noticeToJoin(w, "link_spent")
	}
	view, err := s.confirmView(r, confirmed)
	if err != nil {
		return err
	}
	return s.show(w, http.StatusOK, "confirm", Page{Title: s.word("confirm_page"), Private: true, Body: view})
}

// confirm makes an active subscriber of the one whom a request is about, as was
// shown. To press again does what the first time did; a link from before the reader
// left does nothing.
func (s *Server) confirm(w http.ResponseWriter, r *http.Request, id newsletter.ID) error {
	var sub newsletter.Subscriber
	asked, err := s.Store.Request(r.Context(), id)
	if err == nil {
		agreed := s.agreed(r, newsletter.Confirmed, newsletter.ByDoubleOptIn, s.consent(asked.Asked.Cadence))
		sub, err = s.Store.Confirm(r.Context(), id, agreed, s.joining(asked.Asked.Cadence), s.Now())
	}
	var refused *newsletter.StateError
	if errors.As(err, &refused) || errors.Is(err, store.ErrSuppressed) || errors.Is(err, store.ErrNotFound) {
		return s.noticeToJoin(w, "link_spent")
	}
	if err != nil {
		return err
	}
	if s.SignUps.Welcome {
		// Pressing again queues a welcome that failed here, and none a second time.
		if err := s.welcome(r.Context(), sub.ID); err != nil {
			s.Log.Error("a welcome was not queued", "request", requestID(w), "error", err)
		}
	}
	return s.confirmed(w, r, sub)
}

// welcome greets a reader once for each time they joined, however many requests of
// theirs are confirmed.
func (s *Server) welcome(ctx context.Context, id newsletter.ID) error {
	consents, err := s.Store.Consents(ctx, id)
	if err != nil {
		return err
	}
	var joined time.Time
	for _, c := range consents {
		if c.Action == newsletter.Confirmed {
			joined = c.At
		}
	}
	_, err = s.Notifier.Welcome(ctx, id, joined, s.Now())
	return err
}

func (s *Server) confirmed(w http.ResponseWriter, r *http.Request, sub newsletter.Subscriber) error {
	view, err := s.confirmView(r, sub)
	if err != nil {
		return err
	}
	return s.show(w, http.StatusOK, "confirmed", Page{Title: s.word("confirmed_title"), Private: true, Body: view})
}

func (s *Server) confirmView(r *http.Request, sub newsletter.Subscriber) (ConfirmView, error) {
	topics, err := s.topicLabels(r.Context(), sub.Topics)
	return ConfirmView{Address: sub.Email.Display(), Name: sub.Name, Cadence: s.cadenceWord(sub.Cadence), Topics: topics, Consent: s.consent(sub.Cadence)}, err
}
