package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Backup writes the database as it stands at this moment into one file at path,
// which is locked (see [Lock]), checked for damage and on disk when it returns.
// A file that is there already is an error, [ErrConflict], unless replace is
// set. Other processes go on reading and writing meanwhile, however long it
// takes. The file may be read by its owner alone; at path there is never a part of it.
// It returns the size in octets.
func (s *Store) Backup(ctx context.Context, path string, replace bool, now time.Time) (size int64, err error) {
	fail := func(err error) (int64, error) { return 0, fmt.Errorf("back up into %s: %w", path, err) }
	if err := s.mayReplace(path, replace); err != nil {
		return fail(err)
	}
	temp, err := beside(path)
	if err != nil {
		return fail(err)
	}
	defer os.Remove(temp)
	if err := compact(ctx, s.path, temp); err != nil {
		return fail(explainAt(temp, err))
	}
	if err := sealBackup(ctx, temp, now); err != nil {
		return fail(explainAt(temp, err))
	}
	if size, err = settle(temp); err != nil {
		return fail(err)
	}
	if err := s.mayReplace(path, replace); err != nil { // somebody may have been faster
		return fail(err)
	}
	if err := putInPlace(temp, path); err != nil {
		return fail(err)
	}
	return size, nil
}

// mayReplace refuses a path that is taken: always by the database itself, or by
// what is no file.
func (s *Store) mayReplace(path string, replace bool) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if own, err := os.Stat(s.path); err == nil && os.SameFile(own, info) {
		return errorf(ErrConflict, "this is the database itself; give another path")
	}
	if note, err := notePath(s.path); err == nil {
		if own, err := os.Stat(note); err == nil && os.SameFile(own, info) {
			return errorf(ErrConflict, "this is the note that tells old copies of the database; give another path")
		}
	}
	if !info.Mode().IsRegular() {
		return errorf(ErrConflict, "it exists and is no file; give another path")
	}
	if !replace {
		return errorf(ErrConflict, "it exists already; give another name, or --force to replace it")
	}
	return nil
}

// beside makes an empty file in the folder of path that its owner alone may read.
func beside(path string) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.part")
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the folder %s does not exist; make it first", filepath.Dir(path))
	}
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

// compact copies a database as one transaction sees it into an empty file. It
// takes no lock that writers would wait for, and nothing that they commit makes
// it begin again, as it would SQLite's page-wise backup. What was deleted is not
// in the copy, not even in free pages: who was erased stays so.
func compact(ctx context.Context, from, to string) error {
	db := connect(from, "_txlock=deferred")
	defer db.Close()
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, to); err != nil {
		return err
	}
	return db.Close()
}

// sealBackup locks a copy and makes sure that it is whole. It stays a single file, with
// no write-ahead log beside it.
func sealBackup(ctx context.Context, path string, now time.Time) error {
	db := connect(path, writing)
	defer db.Close()
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := lockAs(ctx, tx, lockedBackup, now); err != nil {
		return err
	}
	if err := whole(ctx, tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	return db.Close()
}

// whole fails with [ErrDamaged] where a database is not sound.
func whole(ctx context.Context, tx *sql.Tx) error {
	problems, err := damage(ctx, tx)
	if err == nil && len(problems) > 0 {
		err = errorf(ErrDamaged, "the database is damaged: %s", problems[0])
	}
	return err
}

// settle brings a finished file to disk, and tells its size.
func settle(path string) (int64, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// putInPlace gives a settled file its name, for ever: also the folder is brought
// to disk.
func putInPlace(temp, path string) error {
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// explainAt is [Store.explain] for another file than the store's.
func explainAt(path string, err error) error { return (&Store{path: path}).explain(err) }
