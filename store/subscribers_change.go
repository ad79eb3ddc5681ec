package store

import (
	"context"
	"database/sql"
	"time"

	"postrider/newsletter"
)

// Record is what a change of a subscriber leaves behind, and by whose word it is.
type Record struct {
	Consent *newsletter.Consent // appended, if set and the state changes: who leaves twice has left once
	Event   string              // what to call it; "": the new state, or what was chosen anew
	Detail  string              // the words of the server or the reader, kept with event and suppression
	Issue   string              // the public id of the issue it came from; "": none
	By      newsletter.Lift     // who makes a subscriber active again, which lifts a suppression
	// Joining, if set, keeps who becomes pending or active from getting what is
	// older than a new subscriber would get.
	Joining *Joining
}

// Change is a rule of package newsletter that says what becomes of a subscriber,
// or by an error why nothing does.
type Change func(newsletter.Subscriber) (newsletter.Subscriber, error)

// ChangeSubscriber applies a change to the subscriber with this address and
// records it. Who so gets a state in which they may not be mailed is suppressed;
// who becomes active has a suppression lifted, or the change fails with
// [ErrSuppressed]. Erasing removes what is personal everywhere but keeps the
// suppression, without the address; if nobody else uses the database at that moment, it
// is not in the write-ahead log either. An address and an id never change.
func (s *Store) ChangeSubscriber(ctx context.Context, a newsletter.Address, to Change, r Record, now time.Time) (newsletter.Subscriber, error) {
	return s.changeSubscriber(ctx, func(tx *sql.Tx) (member, error) { return memberByKey(ctx, tx, a) }, to, r, now)
}

// ChangeSubscriberByID is ChangeSubscriber for one known by id.
func (s *Store) ChangeSubscriberByID(ctx context.Context, id newsletter.ID, to Change, r Record, now time.Time) (newsletter.Subscriber, error) {
	return s.changeSubscriber(ctx, func(tx *sql.Tx) (member, error) { return memberByID(ctx, tx, id) }, to, r, now)
}

func (s *Store) changeSubscriber(ctx context.Context, find func(*sql.Tx) (member, error), to Change, r Record, now time.Time) (newsletter.Subscriber, error) {
	var sub newsletter.Subscriber
	err := s.write(ctx, "change subscriber", func(tx *sql.Tx) error {
		known, err := find(tx)
		if err != nil {
			return err
		}
		changed, err := to(known.Subscriber)
		if err != nil {
			return err
		}
		if changed.State == known.State {
			r.Consent = nil
		}
		sub, err = change(ctx, tx, known, changed, r, now)
		return err
	})
	if err == nil && sub.State == newsletter.Erased {
		s.fold(ctx)
	}
	return sub, err
}

// preferences is the kind of event by which a reader stays and chooses otherwise.
const preferences = "preferences"

// change writes what became of a subscriber, with all that follows from it.
func change(ctx context.Context, tx *sql.Tx, m member, to newsletter.Subscriber, r Record, now time.Time) (newsletter.Subscriber, error) {
	back := to.State != m.State && (to.State == newsletter.Active || to.State == newsletter.Pending)
	if back && r.Joining != nil {
		start, err := startCursor(ctx, tx, *r.Joining)
		if err != nil {
			return to, err
		}
		served := to.Served().Through(start)
		to.Cursor, to.Skip = served.Cursor, served.Skip
	}
	if anew := newsletter.Preferred(m.Subscriber, to); anew != "" && to.State == m.State {
		to.Changed = stored(now)
		if r.Event == "" {
			r.Event, r.Detail = preferences, anew
		}
	}
	if err := updateMember(ctx, tx, m.row, to); err != nil {
		return to, err
	}
	if to.State != m.State {
		if err := follow(ctx, tx, m, to, r, now); err != nil {
			return to, err
		}
	}
	if r.Consent != nil {
		if err := addConsent(ctx, tx, m.row, *r.Consent); err != nil {
			return to, err
		}
	}
	if to.State == newsletter.Erased && m.State != newsletter.Erased {
		if err := forget(ctx, tx, m.row, now); err != nil {
			return to, err
		}
	}
	return to, addEvent(ctx, tx, m, to, r, now)
}

func updateMember(ctx context.Context, tx *sql.Tx, row int64, to newsletter.Subscriber) error {
	_, err := exec(ctx, tx, `
		UPDATE subscriber SET name = ?, state = ?, cadence = ?, topics = ?, cursor = ?, skip = ?, paused_until = ?,
			changed_at = ?,
			email = CASE WHEN ? = 'erased' THEN NULL ELSE email END,
			email_key = CASE WHEN ? = 'erased' THEN NULL ELSE email_key END
		WHERE id = ?`,
		to.Name, to.State, to.Cadence, list(to.Topics), to.Cursor, list(to.Skip), millis(to.PausedUntil),
		to.Changed.UnixMilli(), to.State, to.State, row)
	return err
}

// follow does what a new state asks for: an active subscriber has no
// suppression, one who may not be mailed has, and nothing asked for before.
func follow(ctx context.Context, tx *sql.Tx, m member, to newsletter.Subscriber, r Record, now time.Time) error {
	keys, err := keyring(ctx, tx)
	if err != nil {
		return err
	}
	digest := keys.AddressDigest(m.Email)
	switch to.State {
	case newsletter.Pending:
		return nil
	case newsletter.Active:
		return lift(ctx, tx, digest, m.Email, r.By)
	}
	if err := withdraw(ctx, tx, m.row); err != nil {
		return err
	}
	if to.State == newsletter.Erased {
		return suppress(ctx, tx, digest, newsletter.Suppression{Reason: to.State, At: now})
	}
	return suppress(ctx, tx, digest, newsletter.Suppression{Email: m.Email, Reason: to.State, At: now, Detail: r.Detail})
}

// forget removes what is personal of a subscriber outside their own row: where
// they were when they agreed, what servers said of their address, mail that
// still waits. What is being sent at this moment ends as it ends.
func forget(ctx context.Context, tx *sql.Tx, row int64, now time.Time) error {
	for _, statement := range []string{
		`UPDATE consent SET source = NULL WHERE subscriber_id = :row AND source IS NOT NULL`,
		`UPDATE event SET detail = '' WHERE subscriber_id = :row`,
		`UPDATE delivery SET reply = NULL
		 WHERE issue_id IN (SELECT id FROM issue) AND subscriber_id = :row AND reply IS NOT NULL`,
		`UPDATE delivery SET state = 'suppressed', open = 0, worker_id = NULL, due_at = NULL, at = :now
		 WHERE issue_id IN (SELECT id FROM issue) AND subscriber_id = :row AND state IN ('queued', 'deferred', 'uncertain')`,
		`UPDATE notice SET state = 'suppressed', open = 0, worker_id = NULL, due_at = NULL, at = :now
		 WHERE subscriber_id = :row AND state IN ('queued', 'deferred', 'uncertain')`,
		`UPDATE notice SET mould = x'', reply = NULL WHERE subscriber_id = :row`,
	} {
		if _, err := tx.ExecContext(ctx, statement, sql.Named("row", row), sql.Named("now", now.UnixMilli())); err != nil {
			return err
		}
	}
	return finishOpen(ctx, tx, now)
}

func addEvent(ctx context.Context, tx *sql.Tx, m member, to newsletter.Subscriber, r Record, now time.Time) error {
	kind, detail := r.Event, r.Detail
	if kind == "" && to.State != m.State {
		kind = string(to.State)
	}
	if kind == "" {
		return nil
	}
	if to.State == newsletter.Erased {
		detail = ""
	}
	_, err := exec(ctx, tx, `
		INSERT INTO event (at, subscriber_id, issue_id, kind, detail)
		VALUES (?, ?, (SELECT id FROM issue WHERE public_id = ?), ?, ?)`,
		now.UnixMilli(), m.row, r.Issue, kind, detail)
	return err
}
