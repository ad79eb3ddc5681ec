package web

import (
	"encoding/json"
	"net/http"
	"time"

	"postrider/newsletter"
)

// ownData is all that the list keeps about a reader, as they may take it with them
// (GDPR, articles 15 and 20). Its names are those of `subscriber show --json`.
type ownData struct {
	ID          newsletter.ID      `json:"id"`
	Email       newsletter.Address `json:"email"`
	Name        string             `json:"name"`
	State       newsletter.State   `json:"state"`
	Cadence     newsletter.Cadence `json:"cadence"`
	Topics      []string           `json:"topics"`
	PausedUntil *time.Time         `json:"paused_until,omitempty"`
	Created     time.Time          `json:"created"`
	Changed     time.Time          `json:"changed"`
	Cursor      int64              `json:"cursor"`
	Skip        []int64            `json:"skip"`
	Requests    []requestData      `json:"requests"`
	Consent     []consentData      `json:"consent"`
	Events      []eventData        `json:"events"`
	Deliveries  []deliveryData     `json:"deliveries"`
}

// requestData is what somebody asked for in the reader's name.
type requestData struct {
	At      time.Time          `json:"at"`
	Expires time.Time          `json:"expires"`
	Name    string             `json:"name"`
	Cadence newsletter.Cadence `json:"cadence"`
	Topics  []string           `json:"topics"`
}

type consentData struct {
	At     time.Time                `json:"at"`
	Action newsletter.ConsentAction `json:"action"`
	Method string                   `json:"method"`
	Text   string                   `json:"text"`
	Source string                   `json:"source"`
}

type eventData struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"`
	Detail string    `json:"detail"`
}

type deliveryData struct {
	Issue   string    `json:"issue"`
	Subject string    `json:"subject"`
	State   string    `json:"state"`
	At      time.Time `json:"at"`
	Reply   string    `json:"reply"`
}

func (s *Server) data(w http.ResponseWriter, r *http.Request, b bearer) error {
	if b.State == newsletter.Erased {
		return s.erased(w)
	}
	data, err := s.ownData(r, b.Subscriber)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="subscription.json"`)
	_, _ = w.Write(append(text, '\n')) // as in show
	return nil
}

func (s *Server) ownData(r *http.Request, sub newsletter.Subscriber) (ownData, error) {
	d := ownData{
		ID: sub.ID, Email: sub.Email, Name: sub.Name, State: sub.State, Cadence: sub.Cadence,
		Topics: append([]string{}, sub.Topics...), Created: sub.Created, Changed: sub.Changed,
		Cursor: sub.Cursor, Skip: append([]int64{}, sub.Skip...),
		Requests: []requestData{}, Consent: []consentData{}, Events: []eventData{}, Deliveries: []deliveryData{},
	}
	if !sub.PausedUntil.IsZero() {
		d.PausedUntil = &sub.PausedUntil
	}
	requests, err := s.Store.Requests(r.Context(), sub.ID)
	if err != nil {
		return d, err
	}
	for _, q := range requests {
		d.Requests = append(d.Requests, requestData{q.At, q.Expires, q.Name, q.Cadence, append([]string{}, q.Topics...)})
	}
	consents, err := s.Store.Consents(r.Context(), sub.ID)
	if err != nil {
		return d, err
	}
	for _, c := range consents {
		d.Consent = append(d.Consent, consentData{c.At, c.Action, c.Method, c.Text, c.Source})
	}
	events, err := s.Store.Events(r.Context(), sub.ID)
	if err != nil {
		return d, err
	}
	for _, e := range events {
		d.Events = append(d.Events, eventData{e.At, e.Kind, e.Detail})
	}
	mails, err := s.Store.History(r.Context(), sub.ID)
	for _, m := range mails {
		d.Deliveries = append(d.Deliveries, deliveryData{m.Issue, m.Subject, string(m.State), m.At, m.Reply})
	}
	return d, err
}
