package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"postrider/newsletter"
)

// issue is an issue with the number of its row and what expanding needs.
type issue struct {
	row int64
	newsletter.Issue
	audience   newsletter.Audience
	since      int64
	expandedTo sql.NullInt64 // NULL once every recipient is in the ledger
	lastID     int64
}

const issueColumns = `id, public_id, digest, window, audience, subject, since, newest, state, note,
	expanded_to, last_id, created_at, expires_at, finished_at`

func scanIssue(row scanner) (issue, error) {
	var is issue
	var audience string
	var created, expires, finished sql.NullInt64
	err := row.Scan(&is.row, &is.ID, &is.Digest, &is.Window, &audience, &is.Subject, &is.since, &is.Newest, &is.State, &is.Note,
		&is.expandedTo, &is.lastID, &created, &expires, &finished)
	if err != nil {
		return issue{}, err
	}
	is.Created, is.Expires, is.Finished = instant(created), instant(expires), instant(finished)
	if err := json.Unmarshal([]byte(audience), &is.audience); err != nil {
		return issue{}, fmt.Errorf("the audience of issue %s in the database is damaged: %w", is.ID, err)
	}
	return is, nil
}

func issueByID(ctx context.Context, tx *sql.Tx, id string) (issue, error) {
	is, err := scanIssue(tx.QueryRowContext(ctx, `SELECT `+issueColumns+` FROM issue WHERE public_id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		err = notFound("issue", id)
	}
	return is, err
}

// Issue returns the issue with this id, or [ErrNotFound].
func (s *Store) Issue(ctx context.Context, id string) (newsletter.Issue, error) {
	var is issue
	err := s.read(ctx, "read issue", func(tx *sql.Tx) (err error) {
		is, err = issueByID(ctx, tx, id)
		return err
	})
	return is.Issue, err
}

// minPrefix is how many characters of an id name an issue, where no other begins so.
const minPrefix = 4

// IssueID returns the id of the issue that is named by its id or the beginning of
// it, [ErrNotFound] if there is none, and [ErrInUse] if several begin so.
func (s *Store) IssueID(ctx context.Context, name string) (string, error) {
	var found []string
	err := s.read(ctx, "find issue", func(tx *sql.Tx) error {
		return each(ctx, tx, func(row scanner) error {
			var id string
			err := row.Scan(&id)
			found = append(found, id)
			return err
		}, `SELECT public_id FROM issue WHERE public_id = ?1 OR length(?1) >= ?2 AND substr(public_id, 1, length(?1)) = ?1 LIMIT 2`,
			name, minPrefix)
	})
	switch {
	case err != nil:
		return "", err
	case len(found) == 0 && len(name) < minPrefix:
		return "", errorf(ErrNotFound, "no issue %q: an id may be cut short to %d characters at the least", name, minPrefix)
	case len(found) == 0:
		return "", notFound("issue", name)
	case len(found) > 1:
		return "", errorf(ErrInUse, "several issues begin with %q; give more of the id", name)
	}
	return found[0], nil
}

// Issues returns the latest issues, newest first, at most limit; 0 is all.
func (s *Store) Issues(ctx context.Context, limit int) ([]newsletter.Issue, error) {
	return s.issuesWhere(ctx, "list issues", `1 ORDER BY id DESC LIMIT ?`, cmp.Or(limit, -1))
}

// EndedIssues lists the issues that have ended since then, the oldest first.
func (s *Store) EndedIssues(ctx context.Context, since time.Time) ([]newsletter.Issue, error) {
	return s.issuesWhere(ctx, "list issues that have ended", `finished_at >= ? ORDER BY id`, since.UnixMilli())
}

func (s *Store) issuesWhere(ctx context.Context, doing, where string, args ...any) ([]newsletter.Issue, error) {
	var issues []newsletter.Issue
	err := s.read(ctx, doing, func(tx *sql.Tx) error {
		return each(ctx, tx, func(row scanner) error {
			is, err := scanIssue(row)
			issues = append(issues, is.Issue)
			return err
		}, `SELECT `+issueColumns+` FROM issue WHERE `+where, args...)
	})
	return issues, err
}

// UnfinishedIssue returns the oldest issue of a digest ("" for posts sent by
// hand) that still lacks recipients, with every post that it may hold. ok is
// false if there is none.
func (s *Store) UnfinishedIssue(ctx context.Context, digest string) (u newsletter.Unfinished, ok bool, err error) {
	err = s.read(ctx, "look for an unfinished issue", func(tx *sql.Tx) error {
		is, err := scanIssue(tx.QueryRowContext(ctx, `
			SELECT `+issueColumns+` FROM issue
			WHERE state IN ('expanding', 'sending', 'paused') AND digest = ? AND expanded_to IS NOT NULL
			ORDER BY id LIMIT 1`, digest))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		u, ok = newsletter.Unfinished{Issue: is.Issue, Audience: is.audience}, true
		u.Publications, err = frozen(ctx, tx, is.row)
		return err
	})
	return u, ok, err
}

// frozen lists every post that an issue may hold, oldest first.
func frozen(ctx context.Context, tx *sql.Tx, issue int64) ([]newsletter.Publication, error) {
	var pubs []newsletter.Publication
	err := each(ctx, tx, func(row scanner) error {
		p, err := scanPublication(row)
		pubs = append(pubs, p)
		return err
	}, `SELECT number, post, revision, tags FROM issue_post WHERE issue_id = ? ORDER BY number, post_id`, issue)
	return pubs, err
}

func scanPublication(row scanner) (newsletter.Publication, error) {
	var p newsletter.Publication
	var tags string
	err := row.Scan(&p.Number, &p.PostID, &p.Revision, &tags)
	if err != nil {
		return p, err
	}
	p.Tags, err = unlist[string](tags)
	return p, err
}

// IssuePosts returns the posts that an issue brings to at least one reader, at
// the revisions at which they were frozen, oldest first. A post may have been
// deleted since.
func (s *Store) IssuePosts(ctx context.Context, id string) ([]newsletter.Publication, error) {
	var pubs []newsletter.Publication
	err := s.read(ctx, "list the posts of an issue", func(tx *sql.Tx) error {
		is, err := issueByID(ctx, tx, id)
		if err != nil {
			return err
		}
		return each(ctx, tx, func(row scanner) error {
			p, err := scanPublication(row)
			pubs = append(pubs, p)
			return err
		}, `SELECT number, post, revision, tags FROM issue_post AS ip
			WHERE issue_id = ? AND EXISTS (
				SELECT 1 FROM variant AS v JOIN variant_post AS vp ON vp.variant_id = v.id
				WHERE v.issue_id = ip.issue_id AND vp.post_id = ip.post_id)
			ORDER BY number, post_id`, is.row)
	})
	return pubs, err
}
