package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// deletedFile is a file whose post was deleted.
type deletedFile struct {
	row    int64 // 0: none
	source string
	at     time.Time
}

// deleted finds out whether the post of a file that is no post now was deleted: by
// its path, then by its bytes. An edit or a new name alone makes no new post, for
// what readers got a second time cannot be taken back.
func (d *desk) deleted(ctx context.Context, sub Submission) (deletedFile, error) {
	var f deletedFile
	var at sql.NullInt64
	err := d.row(ctx, `
		SELECT id, coalesce(source, ''), at FROM deleted_file WHERE source = ?1 OR digest = ?2
		 ORDER BY source IS NOT ?1, id DESC LIMIT 1`, orNull(sub.Path), sub.digest()).Scan(&f.row, &f.source, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return deletedFile{}, nil
	}
	f.at = instant(at)
	return f, err
}

// leave passes over a file that was only found if its post was deleted, and
// follows it to where it lies now.
func (d *desk) leave(ctx context.Context, sub Submission, a *Accepted) (left bool, err error) {
	if !d.o.Found {
		return false, nil
	}
	f, err := d.deleted(ctx, sub)
	if err != nil || f.row == 0 {
		return false, err
	}
	a.Action = PostDeleted
	a.Warnings = []string{fmt.Sprintf("deleted on %s; remove the file, or `postrider post add` it to publish it anew",
		f.at.Local().Format(time.DateOnly))}
	if f.source == sub.Path || f.source != "" && !d.gone(f.source) {
		return true, nil
	}
	_, err = d.exec(ctx, `UPDATE deleted_file SET source = ? WHERE id = ?`, sub.Path, f.row)
	return true, err
}

func (d *desk) gone(source string) bool { return d.o.Gone != nil && d.o.Gone(source) }

// forgetPlaces lets another file take the place of one that was removed after its
// post had been deleted.
func (d *desk) forgetPlaces(ctx context.Context) error {
	sources, err := texts(ctx, d.tx, `SELECT source FROM deleted_file WHERE source IS NOT NULL`)
	if err != nil {
		return err
	}
	for _, source := range sources {
		if !d.gone(source) {
			continue
		}
		if _, err := d.exec(ctx, `UPDATE deleted_file SET source = NULL WHERE source = ?`, source); err != nil {
			return err
		}
	}
	return nil
}

// bury notes that the post of a file is deleted.
func bury(ctx context.Context, tx *sql.Tx, r record, now time.Time) error {
	if r.Source == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO deleted_file (source, digest, at) VALUES (?, ?, ?)`,
		r.Source, r.file.digest, millis(now))
	return err
}
