package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"strings"

	"golang.org/x/sync/errgroup"

	"postrider/newsletter"
)

// stagedColumns and stagedAtOnce are the shape of the statement that gathers
// rows: several at once, because the statement costs more than a row.
const (
	stagedColumns = 9
	stagedAtOnce  = 40
)

// stagedAhead is how many statements' rows are made ready while one is under way.
const stagedAhead = 4

// stage gathers the rows in a temporary table, in the order in which they are merged:
// to sort them once costs less than to find the place of each, and nobody waits for it.
func (im *importing) stage(ctx context.Context, conn *sql.Conn, rows iter.Seq2[NewRow, error]) error {
	keys, err := connKeyring(ctx, conn)
	if err != nil {
		return err
	}
	// Plain BEGIN takes no lock of the database: only the temporary one is written.
	if _, err := conn.ExecContext(ctx, `
		PRAGMA temp.journal_mode = OFF;
		CREATE TEMP TABLE given_row (`+stagedTable+`);
		CREATE TEMP TABLE import_row (`+stagedTable+`);
		CREATE TEMP TABLE skipped_row (line INTEGER, email TEXT, said TEXT, again INTEGER, gone INTEGER DEFAULT 0, state TEXT);
		BEGIN`); err != nil {
		return err
	}
	if err := im.gather(ctx, conn, keys, rows); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, `
		INSERT INTO import_row SELECT * FROM given_row AS r ORDER BY r.email_key, `+weight+` DESC, r.line;
		DROP TABLE given_row;
		COMMIT`)
	return err
}

// stagedTable are the columns of rows that are gathered.
const stagedTable = `
	email_key TEXT NOT NULL, line INTEGER NOT NULL, ref INTEGER NOT NULL, email TEXT NOT NULL,
	name TEXT NOT NULL, state TEXT NOT NULL, cadence TEXT NOT NULL, topics TEXT NOT NULL,
	digest BLOB NOT NULL`

func connKeyring(ctx context.Context, conn *sql.Conn) (newsletter.Keyring, error) {
	var secret []byte
	if err := conn.QueryRowContext(ctx, `SELECT secret FROM house`).Scan(&secret); err != nil {
		return newsletter.Keyring{}, err
	}
	return newsletter.NewKeyring(secret)
}

// gather reads and checks rows beside writing them, which takes as long.
func (im *importing) gather(ctx context.Context, conn *sql.Conn, keys newsletter.Keyring, rows iter.Seq2[NewRow, error]) error {
	full, err := conn.PrepareContext(ctx, stageSQL(stagedAtOnce))
	if err != nil {
		return err
	}
	defer full.Close()
	ready := make(chan []any, stagedAhead)
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error {
		defer close(ready)
		return im.prepare(ctx, keys, rows, ready)
	})
	both.Go(func() error {
		for args := range ready {
			var err error
			if len(args) == cap(args) {
				_, err = full.ExecContext(ctx, args...)
			} else {
				_, err = conn.ExecContext(ctx, stageSQL(len(args)/stagedColumns), args...)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return both.Wait()
}

// prepare hands on the arguments of stageSQL, for stagedAtOnce rows but the last time.
func (im *importing) prepare(ctx context.Context, keys newsletter.Keyring, rows iter.Seq2[NewRow, error], ready chan<- []any) error {
	args := make([]any, 0, stagedAtOnce*stagedColumns)
	hand := func() error {
		select {
		case ready <- args:
			args = make([]any, 0, cap(args))
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		if row, err = im.complete(row); err != nil {
			return err
		}
		im.staged++
		digest := keys.AddressDigest(row.Email)
		args = append(args, row.Email.Key(), int64(row.Line), int64(newsletter.NewID()), string(row.Email), row.Name,
			string(row.State), string(row.Cadence), list(row.Topics), digest[:])
		if len(args) < cap(args) {
			continue
		}
		if err := hand(); err != nil {
			return err
		}
	}
	if len(args) == 0 {
		return nil
	}
	return hand()
}

// stageSQL is the statement that gathers n rows.
func stageSQL(n int) string {
	one := "(" + marks(stagedColumns) + ")"
	return `INSERT INTO given_row (email_key, line, ref, email, name, state, cadence, topics, digest)
		VALUES ` + strings.TrimSuffix(strings.Repeat(one+", ", n), ", ")
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
