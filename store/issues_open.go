package store

import (
	"context"
	"database/sql"
	"time"

	"postrider/newsletter"
)

// EndedIssues lists the issues that have ended since then, the oldest first.
func (s *Store) EndedIssues(ctx context.Context, since time.Time) ([]newsletter.Issue, error) {
	var ended []newsletter.Issue
	err := s.read(ctx, "list issues that have ended", func(tx *sql.Tx) error {
		return each(ctx, tx, func(row scanner) error {
			is, err := scanIssue(row)
			ended = append(ended, is.Issue)
			return err
		}, `SELECT `+issueColumns+` FROM issue WHERE finished_at >= ? ORDER BY id`, since.UnixMilli())
	})
	return ended, err
}

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
