package store

import (
	"context"
	"database/sql"
	"errors"

	"postrider/newsletter"
)

// suppression reads why an address, given by its keyed digest, may not be mailed.
func suppression(ctx context.Context, tx *sql.Tx, digest [32]byte) (newsletter.Suppression, bool, error) {
	var sup newsletter.Suppression
	var at sql.NullInt64
	err := tx.QueryRowContext(ctx,
		`SELECT reason, at, coalesce(email, ''), detail FROM suppression WHERE digest = ?`, digest[:]).
		Scan(&sup.Reason, &at, &sup.Email, &sup.Detail)
	if errors.Is(err, sql.ErrNoRows) {
		return sup, false, nil
	}
	sup.At = instant(at)
	return sup, err == nil, err
}

// leftStates are those of subscribers who may not be mailed and whose address is kept.
const leftStates = `('unsubscribed', 'bounced', 'complained')`

// suppress keeps an address from being mailed. Of two reasons the weightier stays.
func suppress(ctx context.Context, tx *sql.Tx, digest [32]byte, sup newsletter.Suppression) error {
	before, ok, err := suppression(ctx, tx, digest)
	if err != nil {
		return err
	}
	if ok {
		sup.Reason = newsletter.Weightier(before.Reason, sup.Reason)
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO suppression (digest, reason, at, email, detail) VALUES (?, ?, ?, nullif(?, ''), ?)
		ON CONFLICT (digest) DO UPDATE
		SET reason = excluded.reason, at = excluded.at, email = excluded.email, detail = excluded.detail`,
		digest[:], sup.Reason, sup.At.UnixMilli(), string(sup.Email), sup.Detail)
	return err
}

// lift ends the suppression of an address, or fails with [ErrSuppressed] if by
// may not. No suppression is no error.
func lift(ctx context.Context, tx *sql.Tx, digest [32]byte, a newsletter.Address, by newsletter.Lift) error {
	sup, ok, err := suppression(ctx, tx, digest)
	if err != nil || !ok {
		return err
	}
	if !newsletter.MayLift(sup.Reason, by) {
		return suppressed(a, sup)
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM suppression WHERE digest = ?`, digest[:])
	return err
}

// suppressed says what keeps an address from being active, and what would end it.
func suppressed(a newsletter.Address, sup newsletter.Suppression) error {
	what := "nothing lifts that"
	switch {
	case newsletter.MayLift(sup.Reason, newsletter.OptIn):
		what = "only the reader can come back, by subscribing again and confirming it"
	case newsletter.MayLift(sup.Reason, newsletter.Operator):
		what = "only the operator can lift that, once the mailbox works"
	}
	return errorf(ErrSuppressed, "%s is suppressed since %s (%s): %s",
		a, sup.At.Format("2006-01-02"), sup.Reason, what)
}

// activeByDigest finds active subscribers whose suppression has outlived its address:
// only the keyed digest of each address tells. Mostly there is no such suppression,
// and then no address is looked at.
func activeByDigest(ctx context.Context, tx *sql.Tx) ([]string, error) {
	erased := make(map[[32]byte]bool)
	err := each(ctx, tx, func(row scanner) error {
		var digest []byte
		err := row.Scan(&digest)
		if len(digest) == 32 {
			erased[[32]byte(digest)] = true
		}
		return err
	}, `SELECT digest FROM suppression WHERE email IS NULL`)
	if err != nil || len(erased) == 0 {
		return nil, err
	}
	keys, err := keyring(ctx, tx)
	if err != nil {
		return nil, err
	}
	var found []string
	err = each(ctx, tx, func(row scanner) error {
		var email newsletter.Address
		err := row.Scan(&email)
		if err == nil && len(found) <= shown && erased[keys.AddressDigest(email)] {
			found = append(found, string(email))
		}
		return err
	}, `SELECT email FROM subscriber WHERE state = 'active'`)
	return fewer(found), err
}
