package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"postrider/newsletter"
)

// openDelivery is the condition of the partial indexes on deliveries and
// notices, word for word: SQLite uses them only then.
const openDelivery = `open`

// scanner is a row: [sql.Row] and [sql.Rows] alike.
type scanner interface{ Scan(dest ...any) error }

// list is how a list is stored: a JSON array, [] if it is empty, so that equal
// lists are equal texts.
func list[T any](items []T) string {
	if len(items) == 0 {
		return "[]"
	}
	text, err := json.Marshal(items)
	if err != nil {
		panic(fmt.Sprintf("store: encode a list of texts or numbers: %v", err)) // cannot fail for them
	}
	return string(text)
}

// unlist reads what list wrote; no items give nil.
func unlist[T any](text string) ([]T, error) {
	if text == "[]" {
		return nil, nil
	}
	var items []T
	if err := json.Unmarshal([]byte(text), &items); err != nil {
		return nil, fmt.Errorf("the list %.40q in the database is damaged: %w", text, err)
	}
	return items, nil
}

// querier is a transaction or a connection.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// each runs a query and do on every row of it.
func each(ctx context.Context, from querier, do func(scanner) error, query string, args ...any) error {
	rows, err := from.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// exec runs a statement and tells how many rows it changed.
func exec(ctx context.Context, tx *sql.Tx, query string, args ...any) (int64, error) {
	result, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// keyring derives the keys of this installation. It is done anew in each
// transaction that needs them, which costs microseconds and keeps no secret around.
func keyring(ctx context.Context, tx *sql.Tx) (newsletter.Keyring, error) {
	var secret []byte
	if err := tx.QueryRowContext(ctx, `SELECT secret FROM house`).Scan(&secret); err != nil {
		return newsletter.Keyring{}, err
	}
	return newsletter.NewKeyring(secret)
}
