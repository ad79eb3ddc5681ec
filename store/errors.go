package store

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/mattn/go-sqlite3"

	"postrider/mailer"
	"postrider/newsletter"
)

// What callers may ask of an error by [errors.Is].
var (
	// ErrNotFound is what a post, subscriber or issue that does not exist gives.
	ErrNotFound = errors.New("not found")
	// ErrGone is what a post gives that was there and never will be again.
	ErrGone = errors.New("gone")
	// ErrConflict says that a name is taken: a slug, a guid.
	ErrConflict = errors.New("conflict")
	// ErrInUse says that something cannot be changed or removed at this time.
	ErrInUse = errors.New("in use")
	// ErrSuppressed says that an address may not be mailed, or not before its
	// reader has confirmed it.
	ErrSuppressed = errors.New("suppressed")
	// ErrLeaseLost says that a process may not work the outbox any more: its
	// lease ran out and others have taken its deliveries back.
	ErrLeaseLost = fmt.Errorf("the lease of this process on the outbox has ended; it has to begin anew: %w", mailer.ErrStruckOff)

	// ErrLocked says that the database is a copy and may not send, see [Store.Unlock].
	ErrLocked = newsletter.ErrLocked

	// ErrMissing says that there is no database where one must be.
	ErrMissing = errors.New("there is no such file; look at database.url, or make a site with `postrider init`")
	// ErrForeign says that a file is not Postrider's database.
	ErrForeign = errors.New("this file is not a database of Postrider; give another path")
	// ErrNewer says that a newer Postrider has written the database.
	ErrNewer = errors.New("was written by a newer Postrider")
	// ErrBusy says that another process did not let go of the database.
	ErrBusy = errors.New("another process holds the database; wait for it or stop it, then run again")
	// ErrFull says that a transaction found no room on the disk; nothing of it was kept.
	ErrFull = errors.New("the disk is full; nothing was changed: free space and run again")
	// ErrReadOnly says that the file or its folder may not be written.
	ErrReadOnly = errors.New("the file or its folder is read-only; give the user that runs Postrider leave to write both")
	// ErrDamaged says that the file is broken.
	ErrDamaged = errors.New("the file is damaged; restore a backup")
	// ErrAccess says that the operating system did not let the file be read or written.
	ErrAccess = errors.New("the file cannot be read or written; look at its disk and its permissions")
)

// named is an error with words of its own that counts as one of those above.
type named struct {
	kind  error
	words string
}

func (e *named) Error() string { return e.words }
func (e *named) Unwrap() error { return e.kind }

// errorf makes an error that reads as it is written and is kind for [errors.Is].
func errorf(kind error, format string, args ...any) error {
	return &named{kind, fmt.Sprintf(format, args...)}
}

// notFound says that there is no such thing under that name, as in: no post "x".
func notFound(thing, name string) error {
	return errorf(ErrNotFound, "no %s %q", thing, name)
}

// explain puts what a person can do in place of SQLite's result codes
// (https://www.sqlite.org/rescode.html). Errors that are not SQLite's stay.
func (s *Store) explain(err error) error {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return err
	}
	kind := kindOf(e)
	if kind == nil {
		return err
	}
	if _, missing := os.Stat(s.path); kind != ErrFull && e.Code == sqlite3.ErrCantOpen && missing == nil {
		// It is there: what cannot be opened is the log that SQLite writes beside it, and
		// the words of the system would be about that.
		return fmt.Errorf("database %s: %w (no file can be made beside it)", s.path, ErrReadOnly)
	}
	return fmt.Errorf("database %s: %w (%w)", s.path, kind, err)
}

func kindOf(e sqlite3.Error) error {
	if e.SystemErrno == syscall.ENOSPC || e.SystemErrno == syscall.EDQUOT {
		return ErrFull // also where no file can be made beside the database
	}
	switch e.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return ErrBusy
	case sqlite3.ErrFull:
		return ErrFull
	case sqlite3.ErrReadonly:
		return ErrReadOnly
	case sqlite3.ErrCorrupt:
		return ErrDamaged
	case sqlite3.ErrNotADB:
		return ErrForeign
	case sqlite3.ErrCantOpen, sqlite3.ErrPerm, sqlite3.ErrAuth, sqlite3.ErrIoErr:
		return ErrAccess
	}
	return nil
}
