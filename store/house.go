package store

import (
	"context"
	"database/sql"
)

// Secret returns the random octets that every token's key is derived from (see
// newsletter.NewKeyring). They are made with the database and never change.
func (s *Store) Secret(ctx context.Context) ([]byte, error) {
	var secret []byte
	err := s.read(ctx, "read the secret", func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT secret FROM house`).Scan(&secret)
	})
	return secret, err
}

// Change returns the counter that grows with every change that readers of
// feeds and pages could see, whichever process made it.
func (s *Store) Change(ctx context.Context) (int64, error) {
	var n int64
	err := s.read(ctx, "read the change counter", func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT change FROM house`).Scan(&n)
	})
	return n, err
}

// Newest returns the last publication number given; 0 if none was.
func (s *Store) Newest(ctx context.Context) (int64, error) {
	var n int64
	err := s.read(ctx, "read the publication number", func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT publication FROM house`).Scan(&n)
	})
	return n, err
}

// bump says that readers could see a change. It belongs to the transaction
// that makes it.
func bump(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `UPDATE house SET change = change + 1`)
	return err
}

// takeNumbers takes the next n publication numbers and returns the first. Because
// it updates a row, numbers stand in the order of the commits, and those of a
// transaction that is rolled back leave no gap.
func takeNumbers(ctx context.Context, tx *sql.Tx, n int) (int64, error) {
	var last int64
	err := tx.QueryRowContext(ctx,
		`UPDATE house SET publication = publication + ? RETURNING publication`, n).Scan(&last)
	return last - int64(n) + 1, err
}

// takeOrdinals does the same for places in the archives of feeds.
func takeOrdinals(ctx context.Context, tx *sql.Tx, n int) (int64, error) {
	var last int64
	err := tx.QueryRowContext(ctx, `UPDATE house SET ordinal = ordinal + ? RETURNING ordinal`, n).Scan(&last)
	return last - int64(n) + 1, err
}

// Check looks for damage of the file and for rows that refer to nothing. It
// returns what it found, in words for the operator: of damage the first few places, of
// such rows a line for each kind. None is a sound database.
func (s *Store) Check(ctx context.Context) ([]string, error) {
	var problems []string
	err := s.read(ctx, "check the database", func(tx *sql.Tx) error {
		var err error
		problems, err = damage(ctx, tx)
		return err
	})
	return problems, err
}

func damage(ctx context.Context, tx *sql.Tx) ([]string, error) {
	broken, err := some(ctx, tx, `SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'`)
	if err != nil {
		return nil, err
	}
	dangling, err := texts(ctx, tx, `
		SELECT CASE n WHEN 1 THEN 'a row of ' || child || ' refers to a row of ' || parent || ' that does not exist'
			ELSE n || ' rows of ' || child || ' refer to rows of ' || parent || ' that do not exist' END
		FROM (SELECT "table" AS child, parent, count(*) AS n FROM pragma_foreign_key_check GROUP BY 1, 2)
		ORDER BY n DESC, child, parent`)
	return append(broken, dangling...), err
}

// texts returns the only column of a query.
func texts(ctx context.Context, tx *sql.Tx, query string, args ...any) ([]string, error) {
	var list []string
	err := each(ctx, tx, func(row scanner) error {
		var text string
		err := row.Scan(&text)
		list = append(list, text)
		return err
	}, query, args...)
	return list, err
}
