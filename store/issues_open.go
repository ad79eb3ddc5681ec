package store

import (
	"context"
	"database/sql"
)

// OpenIssues lists the ids of a digest's issues ("" for posts sent by hand) that
// have not ended, the oldest first.
func (s *Store) OpenIssues(ctx context.Context, digest string) ([]string, error) {
	var ids []string
	err := s.read(ctx, "list open issues", func(tx *sql.Tx) error {
		return each(ctx, tx, func(row scanner) error {
			var id string
			err := row.Scan(&id)
			ids = append(ids, id)
			return err
		}, `SELECT public_id FROM issue WHERE state IN ('expanding', 'sending', 'paused') AND digest = ? ORDER BY id`, digest)
	})
	return ids, err
}
