package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"

	"postrider/newsletter"
)

// stagedColumns and stagedAtOnce are the shape of the statement that gathers
// rows: several at once, because the statement costs more than a row.
const (
	stagedColumns = 9
	stagedAtOnce  = 40
)

// stage gathers the rows in a temporary table. Of two with the same address the
// first counts.
func (im *importing) stage(ctx context.Context, conn *sql.Conn, rows iter.Seq2[NewRow, error]) error {
	keys, err := connKeyring(ctx, conn)
	if err != nil {
		return err
	}
	// The caches are for the time of the import, which has this connection alone.
	// Plain BEGIN takes no lock of the database: only the temporary one is written.
	if _, err := conn.ExecContext(ctx, `
		PRAGMA cache_size = -65536;
		PRAGMA temp.cache_size = -32768;
		PRAGMA temp.journal_mode = OFF;
		CREATE TEMP TABLE import_row (
			email_key TEXT NOT NULL UNIQUE, line INTEGER NOT NULL, ref INTEGER NOT NULL, email TEXT NOT NULL,
			name TEXT NOT NULL, state TEXT NOT NULL, cadence TEXT NOT NULL, topics TEXT NOT NULL,
			digest BLOB NOT NULL);
		BEGIN`); err != nil {
		return err
	}
	if err := im.gather(ctx, conn, keys, rows); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, `COMMIT`)
	return err
}

func connKeyring(ctx context.Context, conn *sql.Conn) (newsletter.Keyring, error) {
	var secret []byte
	if err := conn.QueryRowContext(ctx, `SELECT secret FROM house`).Scan(&secret); err != nil {
		return newsletter.Keyring{}, err
	}
	return newsletter.NewKeyring(secret)
}

func (im *importing) gather(ctx context.Context, conn *sql.Conn, keys newsletter.Keyring, rows iter.Seq2[NewRow, error]) error {
	full, err := conn.PrepareContext(ctx, stageSQL(stagedAtOnce))
	if err != nil {
		return err
	}
	defer full.Close()
	batch := make([]NewRow, 0, stagedAtOnce)
	args := make([]any, 0, stagedAtOnce*stagedColumns)
	for row, err := range rows {
		if err != nil {
			return err
		}
		if row, err = im.complete(row); err != nil {
			return err
		}
		digest := keys.AddressDigest(row.Email)
		batch = append(batch, row)
		args = append(args, row.Email.Key(), row.Line, newsletter.NewID(), row.Email, row.Name,
			row.State, row.Cadence, list(row.Topics), digest[:])
		if len(batch) < stagedAtOnce {
			continue
		}
		result, err := full.ExecContext(ctx, args...)
		if err := im.staged(ctx, conn, batch, result, err); err != nil {
			return err
		}
		batch, args = batch[:0], args[:0]
	}
	if len(batch) == 0 {
		return nil
	}
	result, err := conn.ExecContext(ctx, stageSQL(len(batch)), args...)
	return im.staged(ctx, conn, batch, result, err)
}

// stageSQL is the statement that gathers n rows.
func stageSQL(n int) string {
	one := "(" + marks(stagedColumns) + ")"
	return `INSERT INTO import_row (email_key, line, ref, email, name, state, cadence, topics, digest)
		VALUES ` + strings.TrimSuffix(strings.Repeat(one+", ", n), ", ") + ` ON CONFLICT DO NOTHING`
}

// complete fills in what a row leaves to the import. A file cannot vouch for
// anybody: who is active in it becomes so only where the operator says that all
// of them agreed.
func (im *importing) complete(row NewRow) (NewRow, error) {
	if row.State == "" || row.State == newsletter.Active {
		row.State = im.State
	}
	if row.Cadence == "" {
		row.Cadence = im.Cadence
	}
	if row.State == newsletter.Erased {
		return row, fmt.Errorf("line %d: %s cannot be imported as %s", row.Line, row.Email, row.State)
	}
	return row, nil
}

// staged looks which rows of a batch were duplicates, if there were any.
func (im *importing) staged(ctx context.Context, conn *sql.Conn, batch []NewRow, result sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err != nil || int(n) == len(batch) {
		return err
	}
	for _, row := range batch {
		var line int
		err := conn.QueryRowContext(ctx,
			`SELECT line FROM import_row WHERE email_key = ?`, row.Email.Key()).Scan(&line)
		if err != nil {
			return errors.Join(err, ctx.Err())
		}
		if line != row.Line {
			im.skip(&im.report.Duplicates, SkippedRow{Line: row.Line, Email: row.Email, Reason: SkippedDuplicate})
		}
	}
	return nil
}
