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

// BackedUp is what [Store.Backup] did.
type BackedUp struct {
	Kept string // where that is which had a log beside it; "" if there was none
	Size int64  // octets
}

// Backup writes the database as it stands at this moment into one file at path,
// which is locked (see [Lock]), checked for damage and on disk when it returns.
// A file that is there already, or the log of one, is an error, [ErrConflict],
// unless replace is set. What has a log beside it is kept then under a name with
// the time: somebody has worked in it, or does. Other processes go on reading and
// writing meanwhile, however long it takes. The file may be read by its owner
// alone; at path there is never a part of it.
func (s *Store) Backup(ctx context.Context, path string, replace bool, now time.Time) (BackedUp, error) {
	done, err := s.backup(ctx, path, replace, now)
	if err != nil {
		err = fmt.Errorf("back up into %s: %w", path, err)
	}
	return done, err
}

func (s *Store) backup(ctx context.Context, path string, replace bool, now time.Time) (BackedUp, error) {
	var done BackedUp
	if err := s.mayReplace(path, replace); err != nil {
		return done, err
	}
	temp, err := beside(path)
	if err != nil {
		return done, err
	}
	defer os.Remove(temp)
	if err := compact(ctx, s.path, temp); err != nil {
		return done, explainAt(temp, err)
	}
	if err := sealBackup(ctx, temp, now); err != nil {
		return done, explainAt(temp, err)
	}
	if done.Size, err = settle(temp); err != nil {
		return done, err
	}
	if err := s.mayReplace(path, replace); err != nil { // somebody may have been faster
		return done, err
	}
	if len(leftBeside(path)) == 0 {
		return done, putInPlace(temp, path)
	}
	done.Kept = asideOf(path, now)
	if err := exchange(temp, path, done.Kept); err != nil {
		return done, err
	}
	return done, syncFolder(filepath.Dir(path))
}

// mayReplace refuses a path that is taken: always by the database itself, or by
// what is no file.
func (s *Store) mayReplace(path string, replace bool) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s.mayMove(path, replace)
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
	return s.mayMove(path, replace)
}

// mayMove is mayReplace for what lies beside the path, and would be read as the log
// of whatever is put there.
func (s *Store) mayMove(path string, replace bool) error {
	for _, name := range leftBeside(path) {
		info, err := os.Stat(name)
		if own, ownErr := os.Stat(s.path); err == nil && ownErr == nil && os.SameFile(own, info) {
			return errorf(ErrConflict, "the database itself, %s, would be taken for its log; give another path", name)
		}
		if !replace {
			return errorf(ErrConflict, "%s lies there, left of another file; give another name, or --force to move it to one with the time", name)
		}
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
