package store

import (
	"context"
	"database/sql"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// Consents returns the record of what a subscriber agreed to, oldest first.
func (s *Store) Consents(ctx context.Context, id newsletter.ID) ([]newsletter.Consent, error) {
	var record []newsletter.Consent
	err := s.read(ctx, "read consent", func(tx *sql.Tx) error {
		return each(ctx, tx, func(row scanner) error {
			var c newsletter.Consent
			var at sql.NullInt64
			err := row.Scan(&at, &c.Action, &c.Method, &c.Text, &c.Source)
			c.At = instant(at)
			record = append(record, c)
			return err
		}, `SELECT c.at, c.action, c.method, t.text, coalesce(c.source, '')
			FROM subscriber AS s
			JOIN consent AS c ON c.subscriber_id = s.id
			JOIN consent_text AS t ON t.id = c.text_id
			WHERE s.ref = ? ORDER BY c.at, c.seq`, id)
	})
	return record, err
}

// Event is something that happened to a subscriber.
type Event struct {
	At     time.Time
	Kind   string // the state it led to, or a word of its own
	Detail string
	Issue  string // the public id of the issue it came from; "" if none
}

// Events returns what happened to a subscriber, oldest first.
func (s *Store) Events(ctx context.Context, id newsletter.ID) ([]Event, error) {
	var events []Event
	err := s.read(ctx, "read events", func(tx *sql.Tx) error {
		return each(ctx, tx, func(row scanner) error {
			var e Event
			var at sql.NullInt64
			err := row.Scan(&at, &e.Kind, &e.Detail, &e.Issue)
			e.At = instant(at)
			events = append(events, e)
			return err
		}, `SELECT e.at, e.kind, e.detail, coalesce(i.public_id, '')
			FROM subscriber AS s
			JOIN event AS e ON e.subscriber_id = s.id
			LEFT JOIN issue AS i ON i.id = e.issue_id
			WHERE s.ref = ? ORDER BY e.id`, id)
	})
	return events, err
}

// Received is what the ledger says of one issue for one subscriber.
type Received struct {
	Issue   string // public id
	Digest  string // "" for a post sent by hand
	Subject string // as this subscriber got it
	State   mailer.DeliveryState
	At      time.Time // of the last change of State
	Reason  string
	Reply   string
}

// History returns what was, or will be, sent to a subscriber, newest first.
func (s *Store) History(ctx context.Context, id newsletter.ID) ([]Received, error) {
	var history []Received
	err := s.read(ctx, "read what a subscriber received", func(tx *sql.Tx) error {
		// By issue, because that is how the ledger is ordered: one look-up in each.
		return each(ctx, tx, func(row scanner) error {
			var r Received
			var at sql.NullInt64
			err := row.Scan(&r.Issue, &r.Digest, &r.Subject, &r.State, &at, &r.Reason, &r.Reply)
			r.At = instant(at)
			history = append(history, r)
			return err
		}, `SELECT i.public_id, i.digest, v.subject, d.state, d.at, coalesce(d.reason, ''), coalesce(d.reply, '')
			FROM subscriber AS s
			CROSS JOIN issue AS i
			JOIN delivery AS d ON d.issue_id = i.id AND d.subscriber_id = s.id
			JOIN variant AS v ON v.id = d.variant_id
			WHERE s.ref = ? ORDER BY i.id DESC`, id)
	})
	return history, err
}

// Suppression returns why an address may not be mailed. ok is false if it may.
// The address of an erased subscriber is recognised too.
func (s *Store) Suppression(ctx context.Context, a newsletter.Address) (sup newsletter.Suppression, ok bool, err error) {
	err = s.read(ctx, "read suppression", func(tx *sql.Tx) error {
		keys, err := keyring(ctx, tx)
		if err != nil {
			return err
		}
		sup, ok, err = suppression(ctx, tx, keys.AddressDigest(a))
		return err
	})
	return sup, ok, err
}
