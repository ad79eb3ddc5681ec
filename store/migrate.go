package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
)

// application is the number by which SQLite files say whose they are: "PRRD".
const application = 0x50525244

// secretLength is how many random octets every token's key is made from.
const secretLength = 32

// migrations holds the steps from an empty file to the newest schema, in the
// order of their names. A step that was released is never changed.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the file to the newest schema, in one transaction. A file of
// another program, or of a newer Postrider, is only read.
func (s *Store) migrate(ctx context.Context) error {
	steps, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	const op = "open"
	current := false
	err = s.read(ctx, op, func(tx *sql.Tx) error {
		version, err := s.version(ctx, tx, len(steps))
		current = version == len(steps)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.walMode(ctx); err != nil {
		return fmt.Errorf("%s: %w", op, s.explain(err))
	}
	if current {
		return nil
	}
	return s.write(ctx, op, func(tx *sql.Tx) error { return s.apply(ctx, tx, steps) })
}

// version reads which schema the file has, out of known ones; 0 is an empty file.
func (s *Store) version(ctx context.Context, tx *sql.Tx, known int) (int, error) {
	var app, version, objects int
	err := tx.QueryRowContext(ctx, `
		SELECT (SELECT application_id FROM pragma_application_id),
		       (SELECT user_version FROM pragma_user_version),
		       (SELECT count(*) FROM sqlite_schema)`).Scan(&app, &version, &objects)
	switch {
	case err != nil:
		return 0, err
	case app != application && (app != 0 || version != 0 || objects != 0):
		return 0, fmt.Errorf("database %s: %w", s.path, ErrForeign)
	case version > known:
		return 0, errorf(ErrNewer, "database %s was written by a newer Postrider (schema %d, this one knows %d); upgrade",
			s.path, version, known)
	}
	return version, nil
}

// walMode switches the file to write-ahead logging, which stays with it.
func (s *Store) walMode(ctx context.Context) error {
	var mode string
	if err := s.reader.QueryRowContext(ctx, `PRAGMA journal_mode`).Scan(&mode); err == nil && mode == "wal" {
		return nil
	}
	err := s.patiently(ctx, func() error {
		return s.writer.QueryRowContext(ctx, `PRAGMA journal_mode = WAL`).Scan(&mode)
	})
	if err == nil && mode != "wal" {
		return fmt.Errorf("the disk does not allow write-ahead logging (mode %s); use a local disk", mode)
	}
	return err
}

// apply runs the steps that the file has not seen. It asks for the version once
// more, because another process may have been faster.
func (s *Store) apply(ctx context.Context, tx *sql.Tx, steps []string) error {
	done, err := s.version(ctx, tx, len(steps))
	if err != nil {
		return err
	}
	for _, name := range steps[done:] {
		step, err := migrations.ReadFile(name)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, string(step)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	secret := make([]byte, secretLength)
	rand.Read(secret) // never fails (crypto/rand, since Go 1.24)
	if _, err := tx.ExecContext(ctx,
		`INSERT INTO house (id, secret) VALUES (1, ?) ON CONFLICT DO NOTHING`, secret); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx,
		fmt.Sprintf(`PRAGMA application_id = %d; PRAGMA user_version = %d`, application, len(steps)))
	return err
}
