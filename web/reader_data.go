package web

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"postrider/newsletter"
	"postrider/store"
)

// ReaderView is a reader as JSON shows one, here and on the command line.
type ReaderView struct {
	ID          newsletter.ID      `json:"id"`
	Email       newsletter.Address `json:"email"`
	Name        string             `json:"name"`
	State       newsletter.State   `json:"state"`
	Cadence     newsletter.Cadence `json:"cadence"`
	Topics      []string           `json:"topics"`
	Cursor      int64              `json:"cursor"`
	Skip        []int64            `json:"skip"`
	PausedUntil *time.Time         `json:"paused_until,omitempty"`
	Created     time.Time          `json:"created"`
	Changed     time.Time          `json:"changed"`
}

// ViewReader is a reader as JSON shows one.
func ViewReader(sub newsletter.Subscriber) ReaderView {
	v := ReaderView{
		ID: sub.ID, Email: sub.Email, Name: sub.Name, State: sub.State, Cadence: sub.Cadence,
		Topics: append([]string{}, sub.Topics...), Cursor: sub.Cursor, Skip: append([]int64{}, sub.Skip...),
		Created: sub.Created.UTC(), Changed: sub.Changed.UTC(),
	}
	if until := sub.PausedUntil.UTC(); !until.IsZero() {
		v.PausedUntil = &until
	}
	return v
}

// ReaderFile is all that the list keeps about a reader. They may take it with them
// (GDPR, articles 15 and 20), and it is what the operator sees of them.
type ReaderFile struct {
	ReaderView
	Requests   []RequestData  `json:"requests"`
	Consent    []ConsentData  `json:"consent"`
	Events     []EventData    `json:"events"`
	Deliveries []DeliveryData `json:"deliveries"`
}

// RequestData is what somebody asked for on the site in the reader's name.
type RequestData struct {
	At      time.Time          `json:"at"`
	Expires time.Time          `json:"expires"`
	Name    string             `json:"name"`
	Cadence newsletter.Cadence `json:"cadence"`
	Topics  []string           `json:"topics"`
}

// ConsentData is what the reader agreed to or took back.
type ConsentData struct {
	At     time.Time                `json:"at"`
	Action newsletter.ConsentAction `json:"action"`
	Method string                   `json:"method"`
	Text   string                   `json:"text"`
	Source string                   `json:"source"`
}

// EventData is what happened to the reader.
type EventData struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"`
	Detail string    `json:"detail"`
}

// DeliveryData is what became of one mail of an issue.
type DeliveryData struct {
	Issue   string    `json:"issue"`
	Subject string    `json:"subject"`
	State   string    `json:"state"`
	At      time.Time `json:"at"`
	Reply   string    `json:"reply"`
}

// ReadFile gathers what the store keeps about a reader.
func ReadFile(ctx context.Context, st *store.Store, sub newsletter.Subscriber) (ReaderFile, error) {
	f := ReaderFile{ReaderView: ViewReader(sub),
		Requests: []RequestData{}, Consent: []ConsentData{}, Events: []EventData{}, Deliveries: []DeliveryData{}}
	requests, err := st.Requests(ctx, sub.ID)
	if err != nil {
		return f, err
	}
	for _, q := range requests {
		f.Requests = append(f.Requests, RequestData{q.At, q.Expires, q.Name, q.Cadence, append([]string{}, q.Topics...)})
	}
	consents, err := st.Consents(ctx, sub.ID)
	if err != nil {
		return f, err
	}
	for _, c := range consents {
		f.Consent = append(f.Consent, ConsentData{c.At, c.Action, c.Method, c.Text, c.Source})
	}
	events, err := st.Events(ctx, sub.ID)
	if err != nil {
		return f, err
	}
	for _, e := range events {
		f.Events = append(f.Events, EventData{e.At, e.Kind, e.Detail})
	}
	mails, err := st.History(ctx, sub.ID)
	for _, m := range mails {
		f.Deliveries = append(f.Deliveries, DeliveryData{m.Issue, m.Subject, string(m.State), m.At, m.Reply})
	}
	return f, err
}

func (s *Server) data(w http.ResponseWriter, r *http.Request, b bearer) error {
	if b.State == newsletter.Erased {
		return s.erased(w)
	}
	file, err := ReadFile(r.Context(), s.Store, b.Subscriber)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="subscription.json"`)
	_, _ = w.Write(append(text, '\n')) // as in show
	return nil
}
