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

// Restored is what [Restore] did.
type Restored struct {
	Kept string    // where the database is that was there before; "" if there was none
	Made time.Time // when the backup was made; zero for a plain copy, which does not know
	Size int64     // octets
}

// Restore puts a copy of the database file from, which is a backup or any other
// that is whole, where path is, brings it to the newest schema and locks it (see
// [Lock]). It looks at from before it touches anything, and only reads it.
//
// A database that is there already is an error, [ErrConflict], unless replace is
// set; then it is kept beside under a name with the time, locked too. One that
// another process has open is [ErrBusy]: that process would go on in a file
// that nobody looks at any more. At every moment there is a whole database at path.
func Restore(ctx context.Context, from, path string, replace bool, now time.Time) (Restored, error) {
	r, err := restore(ctx, from, path, replace, now)
	if err != nil {
		err = fmt.Errorf("restore %s: %w", from, err)
	}
	return r, err
}

func restore(ctx context.Context, from, path string, replace bool, now time.Time) (Restored, error) {
	var r Restored
	taken, err := restorable(from, path, replace)
	if err != nil {
		return r, err
	}
	temp, err := beside(path)
	if err != nil {
		return r, err
	}
	defer os.Remove(temp)
	if err := extract(ctx, from, temp); err != nil {
		return r, err
	}
	if r.Made, err = sealRestored(ctx, temp, now); err != nil {
		return r, err
	}
	if r.Size, err = settle(temp); err != nil {
		return r, err
	}
	kept := asideOf(path, now)
	if taken {
		r.Kept = kept
		err = replaceDatabase(ctx, temp, path, kept, now)
	} else {
		err = exchange(temp, path, kept)
	}
	if err != nil {
		return r, err
	}
	return r, syncFolder(filepath.Dir(path))
}

// restorable looks at both names, and tells whether there is a database to replace.
func restorable(from, path string, replace bool) (taken bool, err error) {
	if err := isPath(path); err != nil {
		return false, fmt.Errorf("database %s: %w", path, err)
	}
	source, err := os.Stat(from)
	if err != nil {
		return false, err
	}
	if !source.Mode().IsRegular() {
		return false, errorf(ErrForeign, "it is no file")
	}
	present, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case os.SameFile(source, present):
		return false, errorf(ErrConflict, "this is the database itself")
	case !replace:
		return true, errorf(ErrConflict, "the database %s exists; --force puts the backup in its place and keeps the former beside it", path)
	}
	return true, nil
}

// extract copies what it has found to be a sound database of ours into an empty
// file.
func extract(ctx context.Context, from, to string) error {
	// SQLite would not look at it, and take what was never committed for true.
	if journal, err := os.Stat(from + "-journal"); err == nil && journal.Size() > 0 {
		return errorf(ErrConflict, "%s-journal lies beside it: it was copied in the middle of a change; "+
			"undo that with `sqlite3 %s 'PRAGMA user_version'`, and restore it then", from, from)
	}
	pragmas := "_txlock=deferred"
	if _, err := os.Stat(from + "-wal"); errors.Is(err, fs.ErrNotExist) {
		pragmas += "&immutable=1" // so that nothing is made beside it, also where nothing can be
	}
	abs, err := filepath.Abs(from)
	if err != nil {
		return err
	}
	source := &Store{path: from, reader: connectAs("ro", abs, pragmas)}
	defer source.reader.Close()
	steps, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	err = source.read(ctx, "look at it", func(tx *sql.Tx) error {
		version, err := source.version(ctx, tx, len(steps))
		if err == nil && version == 0 {
			err = errorf(ErrForeign, "it is empty")
		}
		if err != nil {
			return err
		}
		return whole(ctx, tx)
	})
	if err != nil {
		return err
	}
	if _, err := source.reader.ExecContext(ctx, `VACUUM INTO ?`, to); err != nil {
		return source.explain(err)
	}
	return source.reader.Close()
}

// sealRestored brings a copy to the newest schema, at home in its file and
// locked. It returns when the backup was made.
func sealRestored(ctx context.Context, path string, now time.Time) (made time.Time, err error) {
	s, err := Open(ctx, path, Options{AnyFile: true})
	if err != nil {
		return made, err
	}
	err = s.write(ctx, "lock it", func(tx *sql.Tx) error {
		_, lock, err := homeOf(ctx, tx)
		if err != nil {
			return err
		}
		if lock.kind == lockedBackup {
			made = lock.Since
		}
		here, err := placeOf(path)
		if err != nil {
			return err
		}
		if err := settleIn(ctx, tx, here); err != nil {
			return err
		}
		return lockAs(ctx, tx, lockedRestored, now)
	})
	return made, errors.Join(err, s.Close())
}
