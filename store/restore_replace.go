package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/mattn/go-sqlite3"
)

// replaceDatabase puts the settled database temp in the place of the one at
// path, which is kept under another name, or stays as it was where this fails.
func replaceDatabase(ctx context.Context, temp, path, kept string, now time.Time) error {
	if err := vacant(kept); err != nil { // before anything is locked for it
		return err
	}
	former, err := seize(ctx, path, now)
	switch {
	case errors.Is(err, ErrBusy):
		return errorf(ErrBusy, "another process has %s open; stop it first", path)
	case errors.Is(err, ErrDamaged), errors.Is(err, ErrForeign):
		// Who would open this one? It is what the backup is for.
		return exchange(temp, path, kept)
	case err != nil:
		return err
	}
	defer former.store.writer.Close() // nothing was written that could be lost
	err = exchange(temp, path, kept)
	former.release()
	if err != nil {
		return former.reinstate(ctx, err)
	}
	return nil
}

// seized is a database that is to be replaced: locked, and held until release so
// that no other process can read or write it. What was waiting for it meanwhile
// finds a file that has moved, and SQLite lets it write nothing there
// (SQLITE_READONLY_DBMOVED).
type seized struct {
	store   *Store // has the writing connection alone
	hold    *sql.Tx
	was     *Lock // before; nil if the schema knows of none
	retired time.Time
}

// seize fails with [ErrBusy] where another process has the database open, and
// leaves it then as it was.
func seize(ctx context.Context, path string, now time.Time) (*seized, error) {
	db := connect(path, polling+"_txlock=exclusive&_synchronous=FULL")
	db.SetMaxOpenConns(1)
	former, err := seizeWith(ctx, &Store{path: path, writer: db, options: Options{Wait: wait}}, now)
	if err != nil {
		return nil, errors.Join(explainAt(path, err), db.Close())
	}
	return former, nil
}

func seizeWith(ctx context.Context, s *Store, now time.Time) (*seized, error) {
	if err := alone(ctx, s.writer); err != nil {
		return nil, err
	}
	was, err := retire(ctx, s.writer, now)
	if err != nil {
		return nil, err
	}
	former := &seized{store: s, was: was, retired: now}
	if former.hold, err = hold(ctx, s.writer); err != nil {
		return nil, former.reinstate(ctx, err)
	}
	return former, nil
}

// hold keeps all others out of a database. Nothing is written in this transaction,
// so that no journal stands beside the file while it changes its name; nor does it
// end with ctx, which would let others in while names change.
func hold(ctx context.Context, db *sql.DB) (*sql.Tx, error) {
	ctx = context.WithoutCancel(ctx)
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

func (f *seized) release() { _ = f.hold.Rollback() }

// reinstate locks a database that was not replaced as it was before, or not at all,
// and returns why it was not. Whoever got at it since, and has unlocked it or
// replaced it, has the last word. It works on when ctx has ended, which may be why.
func (f *seized) reinstate(ctx context.Context, why error) error {
	if f.was == nil {
		return why
	}
	ctx = context.WithoutCancel(ctx)
	err := f.store.write(ctx, "take the lock back", func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `UPDATE house SET locked = ?, locked_at = ? WHERE locked = ? AND locked_at = ?`,
			f.was.kind, millis(f.was.Since), lockedReplaced, f.retired.UnixMilli())
		return err
	})
	if err != nil {
		return errorf(ErrLocked, "%v; %s, which was not replaced, is locked now, and that could not be undone (%v): "+
			"run `postrider unlock` if it is to send", f.store.explain(why), f.store.path, err)
	}
	return why
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

// retire locks a database, if its schema knows of that, and returns how it was
// locked before.
func retire(ctx context.Context, db *sql.DB, now time.Time) (*Lock, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	var knows bool
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pragma_table_info('house') WHERE name = 'locked')`).Scan(&knows)
	if err != nil || !knows {
		return nil, err
	}
	var was Lock
	var since sql.NullInt64
	if err := tx.QueryRowContext(ctx, `SELECT locked, locked_at FROM house`).Scan(&was.kind, &since); err != nil {
		return nil, err
	}
	was.Since = instant(since)
	if err := lockAs(ctx, tx, lockedReplaced, now); err != nil {
		return nil, err
	}
	return &was, tx.Commit()
}
