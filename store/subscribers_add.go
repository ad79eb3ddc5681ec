package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"postrider/newsletter"
)

// NewSubscriber is someone who joins.
type NewSubscriber struct {
	ID      newsletter.ID // 0: a new one
	Email   newsletter.Address
	Name    string
	Cadence newsletter.Cadence
	Topics  []string         // as newsletter.ParseTopics gives them
	State   newsletter.State // Pending until they confirm, or Active where the operator vouches for it
	Consent newsletter.Consent
	Joining
}

func (n NewSubscriber) choices() *newsletter.Choices {
	return &newsletter.Choices{Name: n.Name, Cadence: n.Cadence, Topics: n.Topics}
}

// Joined says what adding a subscriber came to.
type Joined string

// What adding a subscriber comes to.
const (
	Created   Joined = "created"   // the address was not on the list
	Rejoined  Joined = "rejoined"  // had left, or had not confirmed; what they chose now counts
	Unchanged Joined = "unchanged" // is where they asked to be: active, or waiting to confirm
)

// AddSubscriber puts an address on the list and records the consent. One that
// is there already stays as it is unless its reader may come back
// (newsletter.Subscriber's Rejoin and Confirm). It fails with [ErrSuppressed] or
// a [*newsletter.StateError] where an address may not be mailed.
func (s *Store) AddSubscriber(ctx context.Context, n NewSubscriber, now time.Time) (newsletter.Subscriber, Joined, error) {
	var sub newsletter.Subscriber
	var joined Joined
	err := s.write(ctx, "add subscriber "+string(n.Email), func(tx *sql.Tx) error {
		if n.State != newsletter.Pending && n.State != newsletter.Active {
			return errorf(ErrConflict, "a subscriber cannot join as %s", n.State)
		}
		known, err := memberByKey(ctx, tx, n.Email)
		switch {
		case errors.Is(err, ErrNotFound):
			joined = Created
			sub, err = join(ctx, tx, n, now)
		case err == nil:
			sub, joined, err = rejoin(ctx, tx, known, n, now)
		}
		return err
	})
	return sub, joined, err
}

// join adds an address that is not on the list. A suppression that only its
// reader can lift stays until they confirm.
func join(ctx context.Context, tx *sql.Tx, n NewSubscriber, now time.Time) (newsletter.Subscriber, error) {
	keys, err := keyring(ctx, tx)
	if err != nil {
		return newsletter.Subscriber{}, err
	}
	digest := keys.AddressDigest(n.Email)
	if err := mayJoin(ctx, tx, digest, n); err != nil {
		return newsletter.Subscriber{}, err
	}
	cursor, err := startCursor(ctx, tx, n.Joining)
	if err != nil {
		return newsletter.Subscriber{}, err
	}
	sub := newsletter.Subscriber{ID: cmp.Or(n.ID, newsletter.NewID()), Email: n.Email, Name: n.Name, State: n.State,
		Cadence: n.Cadence, Topics: n.Topics, Cursor: cursor, Created: now, Changed: now}
	var row int64
	err = tx.QueryRowContext(ctx, `
		INSERT INTO subscriber (ref, email, email_key, name, state, cadence, topics, cursor, created_at, changed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		sub.ID, sub.Email, sub.Email.Key(), sub.Name, sub.State, sub.Cadence, list(sub.Topics), sub.Cursor,
		now.UnixMilli(), now.UnixMilli()).Scan(&row)
	if err != nil {
		return newsletter.Subscriber{}, err
	}
	return sub, addConsent(ctx, tx, row, n.Consent)
}

func mayJoin(ctx context.Context, tx *sql.Tx, digest [32]byte, n NewSubscriber) error {
	if n.State == newsletter.Active {
		return lift(ctx, tx, digest, n.Email, newsletter.Operator)
	}
	sup, ok, err := suppression(ctx, tx, digest)
	if err == nil && ok && !newsletter.MayLift(sup.Reason, newsletter.OptIn) {
		err = suppressed(n.Email, sup)
	}
	return err
}

// rejoin brings back one who is on the list already, if they may come.
func rejoin(ctx context.Context, tx *sql.Tx, known member, n NewSubscriber, now time.Time) (newsletter.Subscriber, Joined, error) {
	changed, err := known.Rejoin(now)
	if n.State == newsletter.Active {
		changed, err = known.Confirm(newsletter.Operator, now)
	}
	if err != nil || changed.State == known.State {
		return known.Subscriber, Unchanged, err
	}
	changed.Name, changed.Cadence, changed.Topics = n.Name, n.Cadence, n.Topics
	sub, err := change(ctx, tx, known, changed, Record{
		Consent: &n.Consent, Event: string(Rejoined), By: newsletter.Operator, Joining: &n.Joining}, now)
	return sub, Rejoined, err
}

// addConsent appends to the record of what a subscriber agreed to.
func addConsent(ctx context.Context, tx *sql.Tx, row int64, c newsletter.Consent) error {
	if err := c.Validate(); err != nil {
		return err
	}
	text, err := consentText(ctx, tx, c.Text)
	if err != nil {
		return err
	}
	_, err = exec(ctx, tx, `
		INSERT INTO consent (subscriber_id, at, seq, action, method, text_id, source)
		SELECT ?, ?, count(*), ?, ?, ?, nullif(?, '') FROM consent WHERE subscriber_id = ? AND at = ?`,
		row, c.At.UnixMilli(), c.Action, c.Method, text, c.Source, row, c.At.UnixMilli())
	return err
}

// consentText gives the row of a text, which thousands have agreed to in the same words.
func consentText(ctx context.Context, tx *sql.Tx, text string) (id int64, err error) {
	if _, err := exec(ctx, tx, `INSERT INTO consent_text (text) VALUES (?) ON CONFLICT DO NOTHING`, text); err != nil {
		return 0, err
	}
	err = tx.QueryRowContext(ctx, `SELECT id FROM consent_text WHERE text = ?`, text).Scan(&id)
	return id, err
}
