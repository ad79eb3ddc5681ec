package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// The house gets older, and its note says so, when a worker begins to send, every
// few seconds while its process writes, and when it ends. The database is always
// first: its commit is on disk before the note is written, so that no crash and no
// power cut leaves a note that is ahead of a database that was never put back. And
// the note is written before a worker that has enlisted may send anything.
//
// So a copy that is put back over the file is known by its age if a worker has begun
// or ended since it was made, in whatever order they crash. What it cannot see is a
// copy made in the last seconds before the process was killed, at most as long as
// workers take from one renewal to the next.

// noted is what this process has noted.
type noted struct {
	mu      sync.Mutex
	changes int64 // rows that it had changed when the house last got older
	late    error // why the note could not be written; nil: it was
	told    bool  // of that
}

// ageing is write for what workers do about themselves: the house gets older by it,
// always or if this process has changed anything since it last did.
func (s *Store) ageing(ctx context.Context, op string, always bool, do func(*sql.Tx) error) error {
	if s.options.AnyFile {
		return s.write(ctx, op, do)
	}
	s.noted.mu.Lock()
	defer s.noted.mu.Unlock()
	var changes int64
	var grown bool
	err := s.write(ctx, op, func(tx *sql.Tx) error {
		const changed = `SELECT total_changes()`
		if err := tx.QueryRowContext(ctx, changed).Scan(&changes); err != nil {
			return err
		}
		if grown = always || changes != s.noted.changes || s.noted.late != nil; grown {
			if err := s.grow(ctx, tx); err != nil {
				return err
			}
		}
		if err := do(tx); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, changed).Scan(&changes)
	})
	if err != nil {
		return err
	}
	s.noted.changes = changes
	if grown {
		s.keepNote(ctx)
	}
	return nil
}

// grow makes the house older, unless it finds out that it is younger than its note.
// Then it locks it: somebody has put a copy over the file that this process has open.
func (s *Store) grow(ctx context.Context, tx *sql.Tx) error {
	_, lock, err := homeOf(ctx, tx)
	if err != nil || lock.Locked() {
		return err
	}
	younger, err := s.younger(ctx, tx)
	if err != nil {
		return err
	}
	if younger {
		return lockAs(ctx, tx, lockedYounger, s.options.now())
	}
	_, err = exec(ctx, tx, `UPDATE house SET age = age + 1`)
	return err
}

// younger tells whether the note beside the file knows the house as older than it is,
// or of an issue that it has not, or is itself a copy. The age alone may come out of the
// log that a killed process left beside the file, and which SQLite reads over whatever
// lies there then.
func (s *Store) younger(ctx context.Context, tx *sql.Tx) (bool, error) {
	house, n, own, err := s.ofNote(ctx, tx)
	if err != nil || n == nil {
		return false, err
	}
	return n.Age > house.Age || n.Issue > house.Issue || !own, nil
}

// ofNote gives what a note would say now, and the note that is there; nil if there
// is none of this house that can be read, which is no alarm: it goes its own ways.
func (s *Store) ofNote(ctx context.Context, tx *sql.Tx) (now note, there *note, own bool, err error) {
	var secret []byte
	err = tx.QueryRowContext(ctx, `SELECT secret, age, (SELECT coalesce(max(id), 0) FROM issue) FROM house`).
		Scan(&secret, &now.Age, &now.Issue)
	if err != nil {
		return now, nil, false, err
	}
	now.House = signature(secret)
	path, err := notePath(s.path)
	if err != nil {
		return now, nil, false, err
	}
	n, own, err := readNote(path)
	if err != nil || n.House != now.House {
		return now, nil, false, nil
	}
	return now, &n, own, nil
}

// keepNote writes the note. It keeps the lock of the database meanwhile, so that of
// several processes the one that knows the oldest house has the last word. A note that
// cannot be written keeps nobody from sending: it is told, and tried again.
func (s *Store) keepNote(ctx context.Context) {
	err := s.write(ctx, "note how old the database is", func(tx *sql.Tx) error {
		_, lock, err := homeOf(ctx, tx)
		if err != nil || lock.Locked() {
			return err
		}
		now, there, own, err := s.ofNote(ctx, tx)
		if err != nil || there != nil && own && there.Age >= now.Age {
			return err
		}
		path, err := notePath(s.path)
		if err != nil {
			return err
		}
		return now.write(path)
	})
	s.noted.late = err
	switch {
	case err == nil:
		s.noted.told = false
	case !s.noted.told && s.options.Warn != nil && ctx.Err() == nil:
		s.noted.told = true
		s.options.Warn(fmt.Errorf("a copy that is put back over the database would not be noticed: %w", err))
	}
}

// dropNote removes the note.
func (s *Store) dropNote() error {
	path, err := notePath(s.path)
	if err != nil || s.options.AnyFile {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the note of the database that was here before cannot be removed: %w", err)
	}
	return nil
}

// unnoted says what is amiss with the note; nil if nothing is, if it is not asked for,
// or no worker ever was. One that is a single step behind is about to be written.
func (s *Store) unnoted(ctx context.Context, tx *sql.Tx, lock Lock) (amiss, err error) {
	if s.options.AnyFile || lock.Locked() {
		return nil, nil
	}
	house, there, _, err := s.ofNote(ctx, tx)
	if err != nil || house.Age <= 1 || there != nil && there.Age >= house.Age-1 {
		return nil, err
	}
	path, err := notePath(s.path)
	if err != nil {
		return nil, err
	}
	const should = "%s should say how old the database is, so that a copy put back over it is noticed, and "
	_, _, err = readNote(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf(should+"is not there", path), nil
	case err != nil:
		return fmt.Errorf(should+"cannot be read: %w", path, err), nil
	}
	return fmt.Errorf(should+"is behind", path), nil
}
