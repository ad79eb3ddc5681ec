package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// place is which file a database is, as the file system knows it.
//
// It is the inode and the time at which that was made. A copy has another inode,
// and where a number is used again at once, as ext4 does for a file that is
// removed and copied back, another time. Left out is what changes although the
// file stays what it is: the number of the device (another with every mount of
// NFS, btrfs and overlays), the path and the name of the machine (others in
// every container), the time of the last change.
//
// So a volume may move between containers and machines and goes on sending. A file
// whose bytes are overwritten in place is still the same one: that is known by its
// note. What neither can see is a copy of a whole disk or virtual machine, whose
// files are the same ones.
type place struct {
	id   string
	born sql.NullInt64 // nanoseconds since 1970; unknown to some file systems
}

// is tells whether both are the same file as far as they can tell.
func (p place) is(other place) bool {
	return p.id == other.id && (!p.born.Valid || !other.born.Valid || p.born == other.born)
}

// recognize locks the database if it finds itself in another file than before, or
// younger than its note. A database that never looked takes the file it is in for
// its own.
func (s *Store) recognize(ctx context.Context, now time.Time) error {
	const op = "see whether the database was copied"
	here, err := placeOf(s.path)
	if err != nil {
		return err
	}
	known := false
	err = s.read(ctx, op, func(tx *sql.Tx) error {
		home, lock, err := homeOf(ctx, tx)
		if err != nil {
			return err
		}
		younger, err := s.younger(ctx, tx)
		known = lock.Locked() || home != nil && home.is(here) && !younger
		return err
	})
	if err != nil || known {
		return err
	}
	err = s.write(ctx, op, func(tx *sql.Tx) error {
		home, lock, err := homeOf(ctx, tx)
		if err != nil || lock.Locked() {
			return err
		}
		younger, err := s.younger(ctx, tx)
		switch {
		case err != nil:
			return err
		case home != nil && !home.is(here):
			return lockAs(ctx, tx, lockedCopied, now)
		case younger:
			return lockAs(ctx, tx, lockedYounger, now)
		case home == nil:
			return settleIn(ctx, tx, here)
		}
		return nil
	})
	if errors.Is(err, ErrReadOnly) {
		return nil // nothing can be sent from it either
	}
	return err
}

// homeOf reads in which file the database was last at home, and how it is locked.
func homeOf(ctx context.Context, tx *sql.Tx) (*place, Lock, error) {
	var id sql.NullString
	var home place
	var lock Lock
	var since, unlocked sql.NullInt64
	err := tx.QueryRowContext(ctx, `SELECT file, file_born, locked, locked_at, unlocked_at FROM house`).
		Scan(&id, &home.born, &lock.kind, &since, &unlocked)
	lock.Since, lock.Unlocked = instant(since), instant(unlocked)
	if err != nil || !id.Valid {
		return nil, lock, err
	}
	home.id = id.String
	return &home, lock, nil
}

// settleIn makes a file the one that the database is at home in.
func settleIn(ctx context.Context, tx *sql.Tx, here place) error {
	_, err := exec(ctx, tx, `UPDATE house SET file = ?, file_born = ?`, here.id, here.born)
	return err
}
