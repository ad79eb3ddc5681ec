package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// SignUp takes down that somebody, who may be anybody, asks on the site to have
// mail sent to an address, and puts the mail that answers it into the outbox, in
// one transaction. queued tells whether there was one to send:
//
//   - An address that is not on the list is put there as pending, and asked to confirm.
//   - One that is pending or has left is asked to confirm too, but stays as it is
//     until it does: what is asked stands beside the list, see [Store.Confirm].
//   - An active reader is told so.
//   - An address that only the operator, or nobody, may bring back gets no mail.
//     That is no error: whoever asks must not learn of it.
//
// n.ID is the subscriber that the notice is for, found by the address or new. If
// the address has come to be another's meanwhile, that other's mail is on its way
// and this one is dropped. An address gets one mail of each kind a day (UTC), or one
// more to confirm once it has left; what is asked without a mail is not taken down.
// Each mail that asks to confirm is recorded as consent asked for.
func (s *Store) SignUp(ctx context.Context, n NewSubscriber, notice mailer.Notice, now time.Time) (queued bool, err error) {
	err = s.write(ctx, "take down a sign-up", func(tx *sql.Tx) error {
		if _, err := exec(ctx, tx, `UPDATE house SET asked = asked + 1`); err != nil {
			return err
		}
		known, err := memberByKey(ctx, tx, n.Email)
		switch {
		case errors.Is(err, ErrNotFound):
			queued, err = signUpNew(ctx, tx, n, notice, now)
		case err == nil && known.ID == n.ID:
			queued, err = signUpKnown(ctx, tx, known, n, notice, now)
		}
		return err
	})
	return queued, err
}

func signUpNew(ctx context.Context, tx *sql.Tx, n NewSubscriber, notice mailer.Notice, now time.Time) (bool, error) {
	if notice.Kind != mailer.ConfirmNotice {
		return false, nil // whom it was for has been erased at this moment
	}
	_, err := join(ctx, tx, n, now)
	if errors.Is(err, ErrSuppressed) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	m, err := memberByID(ctx, tx, n.ID)
	if err != nil {
		return false, err
	}
	return addRequest(ctx, tx, m.row, notice, n.choices(), now)
}

func signUpKnown(ctx context.Context, tx *sql.Tx, known member, n NewSubscriber, notice mailer.Notice, now time.Time) (bool, error) {
	if known.State == newsletter.Active {
		if notice.Kind != mailer.AlreadyNotice {
			return false, nil
		}
		return addNotice(ctx, tx, known.row, notice, now)
	}
	if _, err := known.Rejoin(now); err != nil || notice.Kind != mailer.ConfirmNotice {
		return false, nil // who may not be mailed is not: see SignUp
	}
	queued, err := addRequest(ctx, tx, known.row, notice, n.choices(), now)
	if err != nil || !queued {
		return false, err
	}
	return true, addConsent(ctx, tx, known.row, n.Consent)
}

// ExplainLeaving keeps what a reader says of why they left with the event of their
// last leaving; one who says it again replaces it. For one who never left it does nothing.
func (s *Store) ExplainLeaving(ctx context.Context, id newsletter.ID, reason string) error {
	return s.write(ctx, "keep why a reader left", func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `
			UPDATE event SET detail = ? WHERE id = (
				SELECT max(e.id) FROM event AS e JOIN subscriber AS s ON s.id = e.subscriber_id
				WHERE s.ref = ? AND s.state = 'unsubscribed' AND e.kind = 'unsubscribed')`, reason, id)
		return err
	})
}
