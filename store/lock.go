package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// lockKind is why a database is locked.
type lockKind string

const (
	lockedCopied   lockKind = "copied"   // Open found it in another file than before
	lockedYounger  lockKind = "younger"  // the note beside it knows it as older
	lockedBackup   lockKind = "backup"   // Backup wrote it so
	lockedRestored lockKind = "restored" // Restore put it where it is
	lockedReplaced lockKind = "replaced" // Restore put another in its place
)

// words says it for the operator.
func (k lockKind) words() string {
	switch k {
	case lockedCopied:
		return "it is a copy of another database file"
	case lockedYounger:
		return "an older copy was put in its place"
	case lockedBackup:
		return "it is a backup"
	case lockedRestored:
		return "it was restored from a copy"
	case lockedReplaced:
		return "another was restored in its place"
	}
	return ""
}

// Lock is whether a database may send. One that is locked does everything else:
// posts are published, feeds served, readers come and go. What it must not do is
// to send, to cut issues and to close windows, because the database that it was
// copied from does so too and readers would get everything twice.
type Lock struct {
	kind     lockKind
	Since    time.Time // when it was locked; zero if it is not
	Unlocked time.Time // when the operator last unlocked it; zero: never
}

// Locked tells whether it may not send.
func (l Lock) Locked() bool { return l.kind != "" }

// Reason says why it is locked, as in "it is a backup"; "" if it is not.
func (l Lock) Reason() string { return l.kind.words() }

// Refusal is an [ErrLocked] that says why the database may not send and what to
// do; nil if it may.
func (l Lock) Refusal() error { return l.kind.refusal() }

// Lock reads whether the database may send.
func (s *Store) Lock(ctx context.Context) (Lock, error) {
	var lock Lock
	err := s.read(ctx, "see whether the database is locked", func(tx *sql.Tx) (err error) {
		_, lock, err = homeOf(ctx, tx)
		return err
	})
	return lock, err
}

// Locked is Lock for who only wants to wait or to refuse: reason says why the
// database may not send, and what to do.
func (s *Store) Locked(ctx context.Context) (reason string, locked bool, err error) {
	lock, err := s.Lock(ctx)
	if err != nil || !lock.Locked() {
		return "", false, err
	}
	return lock.Refusal().Error(), true, nil
}

// Unlock says that this is the database that sends from now on, and returns how
// it was locked. One that was not locked stays as it is. What was noted of the house
// counts no longer, and a note is missed from then on, as after the first worker's.
func (s *Store) Unlock(ctx context.Context, now time.Time) (was Lock, err error) {
	err = s.write(ctx, "unlock the database", func(tx *sql.Tx) error {
		_, lock, err := homeOf(ctx, tx)
		if err != nil || !lock.Locked() {
			return err
		}
		was = lock
		here, err := placeOf(s.path)
		if err != nil {
			return err
		}
		if err := settleIn(ctx, tx, here); err != nil {
			return err
		}
		if err := s.dropNote(); err != nil { // first: a crash here leaves it locked
			return err
		}
		_, err = exec(ctx, tx, `UPDATE house SET locked = '', locked_at = NULL, unlocked_at = ?, age = max(age, 1) + 1`, now.UnixMilli())
		return err
	})
	if err == nil && was.Locked() && !s.options.AnyFile {
		s.noted.mu.Lock()
		defer s.noted.mu.Unlock()
		s.keepNote(ctx)
	}
	return was, err
}

func lockAs(ctx context.Context, tx *sql.Tx, kind lockKind, now time.Time) error {
	_, err := exec(ctx, tx, `UPDATE house SET locked = ?, locked_at = ?`, kind, now.UnixMilli())
	return err
}

// maySend fails with [ErrLocked] where nothing may be sent. It belongs to every
// transaction that leads to mail, so that no process can be between a look and
// its deed when another locks the database.
func maySend(ctx context.Context, tx *sql.Tx) error {
	var kind lockKind
	if err := tx.QueryRowContext(ctx, `SELECT locked FROM house`).Scan(&kind); err != nil {
		return err
	}
	return kind.refusal()
}

// refusal is nil where nothing is locked.
func (k lockKind) refusal() error {
	if k == "" {
		return nil
	}
	return fmt.Errorf("%w: %s; if no other database sends in its stead, run `postrider unlock`", ErrLocked, k.words())
}
