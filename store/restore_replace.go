package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/mattn/go-sqlite3"
)

// replaceDatabase puts the settled database temp in the place of the one at
// path, which is kept under another name.
func replaceDatabase(ctx context.Context, temp, path, kept string, now time.Time) error {
	release, err := seize(ctx, path, now)
	switch {
	case errors.Is(err, ErrBusy):
		return errorf(ErrBusy, "another process has %s open; stop it first", path)
	case errors.Is(err, ErrDamaged), errors.Is(err, ErrForeign):
		// Who would open this one? It is what the backup is for.
	case err != nil:
		return err
	default:
		defer release()
	}
	if err := keep(path, kept); err != nil {
		return err
	}
	if err := keepBeside(path, kept); err != nil {
		return err
	}
	return putInPlace(temp, path)
}

// seize locks a database that is to be replaced, and holds it until release so
// that no other process can read or write it. It fails with [ErrBusy] where one has
// it open. What was waiting for it meanwhile finds a file that has moved, and
// SQLite lets it write nothing there (SQLITE_READONLY_DBMOVED).
func seize(ctx context.Context, path string, now time.Time) (release func(), err error) {
	db := connect(path, polling+"_txlock=exclusive&_synchronous=FULL")
	db.SetMaxOpenConns(1)
	tx, err := seizeWith(ctx, db, now)
	if err != nil {
		return nil, errors.Join(explainAt(path, err), db.Close())
	}
	return func() {
		// Nothing was written that could be lost.
		_ = tx.Rollback()
		_ = db.Close()
	}, nil
}

func seizeWith(ctx context.Context, db *sql.DB, now time.Time) (*sql.Tx, error) {
	if err := alone(ctx, db); err != nil {
		return nil, err
	}
	if err := retire(ctx, db, now); err != nil {
		return nil, err
	}
	// Nothing is written in this one, so that no journal stands beside the file
	// while it changes its name.
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	var mode string
	if err := tx.QueryRowContext(ctx, `PRAGMA journal_mode`).Scan(&mode); err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	if mode != "delete" { // somebody has opened it since
		return nil, errors.Join(sqlite3.Error{Code: sqlite3.ErrBusy}, tx.Rollback())
	}
	return tx, nil
}

// alone folds the write-ahead log into the file, which SQLite does only for who
// is alone with it.
func alone(ctx context.Context, db *sql.DB) error {
	var mode string
	err := db.QueryRowContext(ctx, `PRAGMA journal_mode = DELETE`).Scan(&mode)
	if err == nil && mode != "delete" {
		err = sqlite3.Error{Code: sqlite3.ErrBusy}
	}
	return err
}

// retire locks a database, if its schema knows of that.
func retire(ctx context.Context, db *sql.DB, now time.Time) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var knows bool
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pragma_table_info('house') WHERE name = 'locked')`).Scan(&knows)
	if err != nil || !knows {
		return err
	}
	if err := lockAs(ctx, tx, lockedReplaced, now); err != nil {
		return err
	}
	return tx.Commit()
}

// keep gives a file a second name, so that its first is never nobody's; where
// that cannot be done, another.
func keep(path, kept string) error {
	if _, err := os.Lstat(kept); err == nil {
		return errorf(ErrConflict, "%s exists already; run again", kept)
	}
	if err := os.Link(path, kept); err == nil {
		return nil
	}
	if err := os.Rename(path, kept); err != nil {
		return fmt.Errorf("keep the former database: %w", err)
	}
	return nil
}

// keepBeside moves away the log and the journal of a database that is damaged, or
// gone: beside the new one they would be taken for its own.
func keepBeside(path, kept string) error {
	for _, suffix := range []string{"-wal", "-journal"} {
		if err := os.Rename(path+suffix, kept+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("keep what stands beside the former database: %w", err)
		}
	}
	if err := os.Remove(path + "-shm"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return syncFolder(filepath.Dir(path))
}
