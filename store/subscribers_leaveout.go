package store

import (
	"context"
	"database/sql"
	"fmt"

	"postrider/newsletter"
)

// leaveOut notes which rows were not added, where those up to the subscriber numbered
// before were on the list, and has those leave it of whom a row says so.
func (im *importing) leaveOut(ctx context.Context, tx *sql.Tx, before int64) error {
	if _, err := exec(ctx, tx, skippedSQL, before); err != nil {
		return err
	}
	var left []leaving
	if err := each(ctx, tx, func(row scanner) error {
		var l leaving
		err := row.Scan(&l.row, &l.email, &l.state)
		left = append(left, l)
		return err
	}, `SELECT rowid, email, said FROM skipped_row
		WHERE NOT again AND state IN ('pending', 'active') AND said IN `+leftStates); err != nil {
		return err
	}
	for _, l := range left {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := im.leave(uninterrupted(ctx), tx, l); err != nil {
			return err
		}
	}
	return nil
}

// skippedSQL goes through the rows and the index of addresses side by side: row r
// follows row q of the same address, or its address is not among those that were added.
const skippedSQL = `
	INSERT INTO skipped_row (line, email, said, again, state)
	SELECT r.line, r.email, r.state, q.line IS NOT NULL, coalesce(s.state, p.reason, '')
	FROM import_row AS r
	LEFT JOIN import_row AS q ON q.rowid = r.rowid - 1 AND q.email_key = r.email_key
	LEFT JOIN subscriber AS s ON s.email_key = r.email_key AND s.id <= ?1
	LEFT JOIN suppression AS p ON p.digest = r.digest
	WHERE q.line IS NOT NULL OR NOT EXISTS (SELECT 1 FROM subscriber AS n WHERE n.email_key = r.email_key AND n.id > ?1)`

// leaving is a reader who could be mailed, and by a row of the list may not be.
type leaving struct {
	row   int64 // of skipped_row
	email newsletter.Address
	state newsletter.State
}

func (im *importing) leave(ctx context.Context, tx *sql.Tx, l leaving) error {
	known, err := memberByKey(ctx, tx, l.email)
	if err != nil {
		return err
	}
	record, to := Record{Detail: im.knownFrom()}, known.Complain(im.Now)
	switch l.state {
	case newsletter.Unsubscribed:
		to = known.Leave(im.Now)
		record.Consent = &newsletter.Consent{At: im.Now, Action: newsletter.Withdrew, Method: newsletter.ByImport, Source: im.Consent.Source}
	case newsletter.Bounced:
		to = known.Bounce(im.Now)
	}
	if _, err := change(ctx, tx, known, to, record, im.Now); err != nil {
		return err
	}
	_, err = exec(ctx, tx, `UPDATE skipped_row SET state = ?, gone = 1 WHERE rowid = ?`, to.State, l.row)
	return err
}

// reportSkipped tells which rows were not added. By then all is done and nobody has to
// wait: who is told may take as long as they like.
func (im *importing) reportSkipped(ctx context.Context, conn *sql.Conn) error {
	err := each(uninterrupted(ctx), conn, im.skipped, `SELECT line, email, again, gone, state FROM skipped_row ORDER BY line`)
	if err != nil {
		return fmt.Errorf("the list was imported, but what was left out of it cannot be told: %w", err)
	}
	return nil
}

func (im *importing) skipped(row scanner) error {
	var s SkippedRow
	var again, gone bool
	if err := row.Scan(&s.Line, &s.Email, &again, &gone, &s.State); err != nil {
		return err
	}
	count := &im.report.Suppressed
	switch s.Reason = SkippedSuppressed; {
	case again:
		s.Reason, s.State, count = SkippedDuplicate, "", &im.report.Duplicates
	case gone:
		s.Reason, count = SkippedLeft, &im.report.Left
	case s.State == newsletter.Active || s.State == newsletter.Pending:
		s.Reason, count = SkippedExisting, &im.report.Existing
	}
	*count++
	if im.Skipped != nil {
		im.Skipped(s)
	}
	return nil
}
