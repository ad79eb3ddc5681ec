package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/mattn/go-sqlite3"

	"postrider/newsletter"
)

// NewRow is one subscriber of an imported list.
type NewRow struct {
	Line    int // where it stands in the file
	Email   newsletter.Address
	Name    string
	Cadence newsletter.Cadence // "": the import's
	Topics  []string           // as newsletter.ParseTopics gives them
	State   newsletter.State   // "": the import's
}

// ImportOptions says how a list is imported.
type ImportOptions struct {
	Now     time.Time
	State   newsletter.State   // of rows that say none: Pending, or Active where the operator vouches
	Cadence newsletter.Cadence // of rows that say none
	// Consent is recorded for everyone who becomes active, and as asked for
	// who becomes pending.
	Consent newsletter.Consent
	// Joining says for each cadence where one who joins it starts.
	Joining map[newsletter.Cadence]Joining
	// Skipped, if set, hears of every row that was not added, once the others are.
	Skipped func(SkippedRow)
}

// SkippedRow is a row that an import did not add.
type SkippedRow struct {
	Line   int
	Email  newsletter.Address
	Reason SkipReason
	State  newsletter.State // of the subscriber that is on the list, now, or the reason of the suppression
}

// SkipReason is why an import did not add a row.
type SkipReason string

// Why an import does not add a row.
const (
	SkippedDuplicate  SkipReason = "duplicate"  // stands in the file twice, and another row counts
	SkippedExisting   SkipReason = "existing"   // is on the list already and stays as it is
	SkippedLeft       SkipReason = "left"       // was on the list and has left, or may not be mailed, by this row
	SkippedSuppressed SkipReason = "suppressed" // may not be mailed, whether on the list or not
)

// ImportReport counts what an import did.
type ImportReport struct {
	Added      int
	AddedLeft  int // of those: kept as one who left, or may not be mailed
	Existing   int
	Left       int
	Suppressed int
	Duplicates int
}

// ImportSubscribers adds a list, all of it or, after an error of the rows or of
// the database, nothing. Addresses that are on the list stay as they are: an
// import never subscribes again who has left. Only a row that says Unsubscribed,
// Bounced or Complained counts for everybody: it is kept in that state, with its
// suppression, and who is on the list leaves it.
//
// The rows are first gathered in a temporary file, so that neither memory grows
// with the list nor others wait while it is read.
func (s *Store) ImportSubscribers(ctx context.Context, rows iter.Seq2[NewRow, error], o ImportOptions) (ImportReport, error) {
	report, err := s.importSubscribers(ctx, rows, o)
	if err != nil {
		return ImportReport{}, fmt.Errorf("import subscribers: %w", s.explain(err))
	}
	return report, nil
}

func (s *Store) importSubscribers(ctx context.Context, rows iter.Seq2[NewRow, error], o ImportOptions) (report ImportReport, err error) {
	// A connection of its own: its temporary table goes when it is closed.
	db := connect(s.path, writing)
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return report, err
	}
	defer conn.Close()
	im := &importing{ImportOptions: o, report: &report}
	if err := im.stage(ctx, conn, rows); err != nil {
		return report, unwritable(err, "temporary files")
	}
	var tx *sql.Tx
	if err := s.patiently(ctx, func() (err error) {
		tx, err = conn.BeginTx(ctx, nil)
		return err
	}); err != nil {
		return report, err
	}
	if err := im.merge(ctx, tx); err != nil {
		_ = tx.Rollback() // the first error tells the cause
		return report, unwritable(err, "temporary files or the database")
	}
	if err := tx.Commit(); err != nil {
		return report, err
	}
	return report, im.reportSkipped(ctx, conn)
}

// unwritable says what SQLite could not write, which mostly is for want of room: it may
// not be the database.
func unwritable(err error, files string) error {
	e, ok := errors.AsType[sqlite3.Error](err)
	if kind := kindOf(e); ok && (kind == ErrFull || kind == ErrAccess) {
		return errorf(kind, "%s cannot be written (%v); nothing was imported: free space there, or name another folder in SQLITE_TMPDIR, and run again", files, e)
	}
	return err
}

// importing is one import under way.
type importing struct {
	ImportOptions
	report *ImportReport
	staged int // rows gathered
}

// merge takes the gathered rows over into the list, in the order of their
// addresses: an index grows fastest at its end. Of rows with the same address the one
// counts that says that they left, by the weightiest reason, else the first.
func (im *importing) merge(ctx context.Context, tx *sql.Tx) error {
	starts, err := im.starts(ctx, tx)
	if err != nil {
		return err
	}
	var before int64
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM subscriber`).Scan(&before); err != nil {
		return err
	}
	now := im.Now.UnixMilli()
	// To ask here who is on the list already would make SQLite keep all rows a second time.
	added, err := exec(ctx, tx, `
		INSERT INTO subscriber (ref, email, email_key, name, state, cadence, topics, cursor, created_at, changed_at)
		SELECT r.ref, r.email, r.email_key, r.name, r.state, r.cadence, r.topics,
			CASE r.cadence WHEN 'instant' THEN ? WHEN 'daily' THEN ? WHEN 'weekly' THEN ? ELSE ? END, ?, ?
		FROM import_row AS r
		WHERE NOT EXISTS (SELECT 1 FROM suppression AS p WHERE p.digest = r.digest)
		ORDER BY r.rowid
		ON CONFLICT (email_key) DO NOTHING`,
		starts[newsletter.Instant], starts[newsletter.Daily], starts[newsletter.Weekly], starts[newsletter.Monthly],
		now, now)
	if err != nil {
		return err
	}
	im.report.Added = int(added)
	if im.report.Added < im.staged {
		if err := im.leaveOut(ctx, tx, before); err != nil {
			return err
		}
	}
	return im.follow(ctx, tx, before)
}

// weight is that of a row's state, as [newsletter.Weightier] has it.
const weight = `CASE r.state WHEN 'complained' THEN 3 WHEN 'bounced' THEN 2 WHEN 'unsubscribed' THEN 1 ELSE 0 END`

// starts says where new readers of each cadence start.
func (im *importing) starts(ctx context.Context, tx *sql.Tx) (map[newsletter.Cadence]int64, error) {
	starts := make(map[newsletter.Cadence]int64)
	for _, c := range newsletter.Cadences() {
		n, err := startCursor(ctx, tx, im.Joining[c])
		if err != nil {
			return nil, err
		}
		starts[c] = n
	}
	return starts, nil
}

// follow adds what belongs to new subscribers: the consent of those who joined,
// the suppression of those who may not be mailed, with where that is known from.
func (im *importing) follow(ctx context.Context, tx *sql.Tx, before int64) error {
	known, now := im.knownFrom(), im.Now.UnixMilli()
	if _, err := exec(ctx, tx, `
		INSERT INTO suppression (digest, reason, at, email, detail)
		SELECT r.digest, s.state, ?, s.email, ? FROM import_row AS r
		CROSS JOIN subscriber AS s ON s.ref = r.ref
		WHERE s.id > ? AND r.state IN `+leftStates,
		now, known, before); err != nil {
		return err
	}
	left, err := exec(ctx, tx, `
		INSERT INTO event (at, subscriber_id, kind, detail)
		SELECT ?, id, state, ? FROM subscriber WHERE id > ? AND state IN `+leftStates,
		now, known, before)
	if err != nil {
		return err
	}
	im.report.AddedLeft = int(left)
	if im.Consent.Method == "" {
		return nil
	}
	if err := im.Consent.Validate(); err != nil {
		return err
	}
	text, err := consentText(ctx, tx, im.Consent.Text)
	if err != nil {
		return err
	}
	_, err = exec(ctx, tx, `
		INSERT INTO consent (subscriber_id, at, seq, action, method, text_id, source)
		SELECT id, ?, 0, CASE state WHEN 'active' THEN 'confirmed' ELSE 'asked' END, ?, ?, nullif(?, '')
		FROM subscriber WHERE id > ? AND state IN ('active', 'pending')`,
		im.Consent.At.UnixMilli(), im.Consent.Method, text, im.Consent.Source, before)
	return err
}

// knownFrom says where it is known from that an address may not be mailed.
func (im *importing) knownFrom() string {
	if im.Consent.Source == "" {
		return "imported"
	}
	return "imported from " + im.Consent.Source
}
