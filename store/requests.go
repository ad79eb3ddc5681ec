package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// Request is what somebody asked for in the name of an address.
type Request struct {
	newsletter.Subscriber // as the list has them now
	Asked                 newsletter.Choices
}

// Request finds a request by the id that its link names. It is [ErrNotFound] once the
// reader has left: what was asked before that counts no more.
func (s *Store) Request(ctx context.Context, id newsletter.ID) (Request, error) {
	var asked Request
	err := s.read(ctx, "read a request", func(tx *sql.Tx) error {
		var err error
		_, asked, err = request(ctx, tx, id)
		return err
	})
	return asked, err
}

// Asked is a request as it was taken down.
type Asked struct {
	At, Expires time.Time
	newsletter.Choices
}

// Requests returns what was asked for in the name of a subscriber and whose links are
// not forgotten yet, oldest first.
func (s *Store) Requests(ctx context.Context, id newsletter.ID) ([]Asked, error) {
	var list []Asked
	err := s.read(ctx, "read requests", func(tx *sql.Tx) error {
		return each(ctx, tx, func(row scanner) error {
			var a Asked
			var at, expires sql.NullInt64
			var topics string
			if err := row.Scan(&at, &expires, &a.Name, &a.Cadence, &topics); err != nil {
				return err
			}
			a.At, a.Expires = instant(at), instant(expires)
			var err error
			a.Topics, err = unlist[string](topics)
			list = append(list, a)
			return err
		}, `SELECT r.at, r.expires_at, coalesce(r.name, s.name), coalesce(r.cadence, s.cadence), coalesce(r.topics, s.topics)
			FROM subscriber AS s JOIN request AS r ON r.subscriber_id = s.id
			WHERE s.ref = ? ORDER BY r.at, r.ref`, id)
	})
	return list, err
}

// Confirm makes the subscriber active of whom a request was, with what was asked for in
// it, and records that. One who is active already stays as they are. It fails with
// [ErrNotFound] as [Store.Request] does, and with [ErrSuppressed] or a
// [*newsletter.StateError] for who may not come back.
func (s *Store) Confirm(ctx context.Context, id newsletter.ID, agreed newsletter.Consent, j Joining, now time.Time) (newsletter.Subscriber, error) {
	var sub newsletter.Subscriber
	err := s.write(ctx, "confirm a request", func(tx *sql.Tx) error {
		known, asked, err := request(ctx, tx, id)
		if err != nil {
			return err
		}
		if sub, err = known.Answer(asked.Asked, now); err != nil || sub.State == known.State {
			return err
		}
		sub, err = change(ctx, tx, known, sub, Record{Consent: &agreed, By: newsletter.OptIn, Joining: &j}, now)
		return err
	})
	return sub, err
}

func request(ctx context.Context, tx *sql.Tx, id newsletter.ID) (member, Request, error) {
	var ref newsletter.ID
	var name, cadence, topics sql.NullString
	err := tx.QueryRowContext(ctx, `
		SELECT s.ref, r.name, r.cadence, r.topics
		FROM request AS r JOIN subscriber AS s ON s.id = r.subscriber_id WHERE r.ref = ?`, id).
		Scan(&ref, &name, &cadence, &topics)
	if errors.Is(err, sql.ErrNoRows) {
		err = notFound("request", id.String())
	}
	if err != nil {
		return member{}, Request{}, err
	}
	m, err := memberByID(ctx, tx, ref)
	if err != nil {
		return m, Request{}, err
	}
	asked := newsletter.Choices{Name: m.Name, Cadence: m.Cadence, Topics: m.Topics}
	if cadence.Valid {
		asked.Name, asked.Cadence = name.String, newsletter.Cadence(cadence.String)
		asked.Topics, err = unlist[string](topics.String)
	}
	return m, Request{m.Subscriber, asked}, err
}

// addRequest takes down what is asked for, nil for what stands on the list, and queues
// the notice that asks to confirm it. It reports false, and does neither, if the
// address was asked today (UTC) already.
func addRequest(ctx context.Context, tx *sql.Tx, subscriber int64, n mailer.Notice, c *newsletter.Choices, now time.Time) (bool, error) {
	var name, cadence, topics any
	if c != nil {
		name, cadence, topics = c.Name, c.Cadence, list(c.Topics)
	}
	today := now.UTC().Truncate(24 * time.Hour)
	rows, err := exec(ctx, tx, `
		INSERT INTO request (ref, subscriber_id, at, expires_at, name, cadence, topics)
		SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
		WHERE NOT EXISTS (SELECT 1 FROM request WHERE subscriber_id = ?2 AND at >= ?8)`,
		n.Request, subscriber, now.UnixMilli(), n.Expires.UnixMilli(), name, cadence, topics, today.UnixMilli())
	if err != nil || rows == 0 {
		return false, err
	}
	return addNotice(ctx, tx, subscriber, n, now)
}

// withdraw removes what was asked for of a subscriber, so that the links to it do
// nothing any more and what was not mailed yet is not.
func withdraw(ctx context.Context, tx *sql.Tx, subscriber int64) error {
	_, err := exec(ctx, tx, `DELETE FROM request WHERE subscriber_id = ?`, subscriber)
	return err
}
