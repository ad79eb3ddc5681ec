package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/mattn/go-sqlite3"
)

// write runs do in a transaction that no other writer shares, and commits it to
// disk if do returns nil. The operation op stands before every error.
func (s *Store) write(ctx context.Context, op string, do func(*sql.Tx) error) error {
	return s.transact(ctx, s.writer, op, do)
}

// Writable gives [ErrReadOnly] where the database may not be written, and changes nothing. It
// needs no room, and so does not see that the disk is full.
func (s *Store) Writable(ctx context.Context) error {
	return s.write(ctx, "look whether the database can be written", func(tx *sql.Tx) error {
		// Only a statement that could change something is refused: BEGIN IMMEDIATE just
		// reads where the file may only be read.
		_, err := exec(ctx, tx, `DELETE FROM issue WHERE 0`)
		return err
	})
}

// writeMuch is write for what touches a large part of the database. Random keys
// land on pages all over their indexes, and twice as fast when those stay in
// memory, which is given back afterwards.
func (s *Store) writeMuch(ctx context.Context, op string, do func(*sql.Tx) error) error {
	err := s.patiently(ctx, func() error {
		_, err := s.writer.ExecContext(ctx, `PRAGMA cache_size = -65536`)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, s.explain(err))
	}
	err = s.write(ctx, op, do)
	// There is one writing connection, so this is the one from above. Should it
	// fail, more memory is used, which is nothing to undo the work for.
	_, _ = s.writer.ExecContext(context.WithoutCancel(ctx), `PRAGMA cache_size = -8192; PRAGMA shrink_memory`)
	return err
}

// read runs do on one unchanging state of the database. It neither waits for
// writers nor makes them wait.
func (s *Store) read(ctx context.Context, op string, do func(*sql.Tx) error) error {
	return s.transact(ctx, s.reader, op, do)
}

func (s *Store) transact(ctx context.Context, db *sql.DB, op string, do func(*sql.Tx) error) error {
	var tx *sql.Tx
	err := s.patiently(ctx, func() (err error) {
		tx, err = db.BeginTx(ctx, nil)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, s.explain(err))
	}
	if err := do(tx); err != nil {
		// The first error tells the cause; a rollback that fails too, because
		// SQLite has rolled back already, adds nothing.
		_ = tx.Rollback()
		return fmt.Errorf("%s: %w", op, s.explain(err))
	}
	if err := tx.Commit(); err != nil {
		_ = tx.Rollback()
		return fmt.Errorf("%s: %w", op, s.explain(err))
	}
	return nil
}

// patiently repeats try while another process holds the database. SQLite's own
// waiting grows to a tenth of a second between looks, too seldom to ever find the
// gap between the commits of a process that is sending mail, and it does not end
// when ctx does.
func (s *Store) patiently(ctx context.Context, try func() error) error {
	const look = 2 * time.Millisecond
	start := time.Now()
	for {
		err := try()
		var e sqlite3.Error
		if !errors.As(err, &e) || e.Code != sqlite3.ErrBusy || time.Since(start) >= s.options.Wait {
			return err
		}
		select {
		case <-time.After(look):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// uninterrupted is for statements that are over in microseconds: where a context
// can end, the driver starts a goroutine for each statement to watch it. The
// transaction around them still ends with its own context.
func uninterrupted(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

// hot prepares each statement of a transaction once, for those that run for
// every row of something large. SQL can so stay where its result is read.
type hot struct {
	tx    *sql.Tx
	known map[string]*sql.Stmt
}

func prepareIn(tx *sql.Tx) hot { return hot{tx, make(map[string]*sql.Stmt)} }

func (h hot) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if s := h.known[query]; s != nil {
		return s, nil
	}
	s, err := h.tx.PrepareContext(ctx, query)
	if err == nil {
		h.known[query] = s
	}
	return s, err
}

func (h hot) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := h.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

func (h hot) row(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := h.stmt(ctx, query)
	if err != nil {
		return h.tx.QueryRowContext(ctx, query, args...) // gives the error again, at Scan
	}
	return s.QueryRowContext(ctx, args...)
}

// millis is how a time is stored. Zero is NULL.
func millis(t time.Time) sql.NullInt64 {
	if t.IsZero() {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: true}
}

// instant is the time that millis stored.
func instant(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

// stored is a time as it reads back: in UTC, to the millisecond.
func stored(t time.Time) time.Time { return instant(millis(t)) }
