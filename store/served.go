package store

import (
	"context"
	"database/sql"

	"postrider/newsletter"
)

// handPost is the post of an issue that was sent by hand.
type handPost struct {
	row    int64
	number int64 // 0 if it has none: no digest will ever hold it
}

func handSent(ctx context.Context, tx *sql.Tx, is issue) (*handPost, error) {
	var p handPost
	err := tx.QueryRowContext(ctx,
		`SELECT post_id, number FROM issue_post WHERE issue_id = ? AND post = ?`, is.row, is.audience.Post).
		Scan(&p.row, &p.number)
	return &p, err
}

// skip makes the digests of the subscribers that a condition selects leave the
// post out.
func (p *handPost) skip(ctx context.Context, tx *sql.Tx, where string, args ...any) error {
	if p.number == 0 {
		return nil
	}
	return reskip(ctx, tx, func(skip []int64) []int64 {
		return newsletter.Served{Skip: skip}.With(p.number).Skip
	}, `cursor < ? AND `+where, append([]any{p.number}, args...)...)
}

// giveBack undoes what an issue's cut did to its readers, for deliveries d that
// end without having gone out: their posts come with the next issue. It is
// newsletter.Served's GiveBack and Without for many readers at once. Readers whom
// a later issue has moved on stay where they are.
func giveBack(ctx context.Context, tx *sql.Tx, is issue, which string, args ...any) error {
	readers := `id IN (SELECT d.subscriber_id FROM delivery AS d WHERE d.issue_id = ? AND ` + which + `)`
	bound := append([]any{is.row}, args...)
	if is.audience.Post != "" {
		return giveBackPost(ctx, tx, is, readers, bound)
	}
	if _, err := exec(ctx, tx, `
		UPDATE subscriber SET cursor = (
			SELECT d.start FROM delivery AS d WHERE d.issue_id = ? AND d.subscriber_id = subscriber.id)
		WHERE cursor = ? AND `+readers, append([]any{is.row, is.Newest}, bound...)...); err != nil {
		return err
	}
	return skipAgain(ctx, tx, is, readers, bound)
}

// skipAgain restores what the cut dropped from the lists of skipped numbers,
// because the cursor had passed it: posts that these readers had by another
// issue, sent by hand.
func skipAgain(ctx context.Context, tx *sql.Tx, is issue, readers string, bound []any) error {
	var posts []handPost
	err := each(ctx, tx, func(row scanner) error {
		var p handPost
		err := row.Scan(&p.row, &p.number)
		posts = append(posts, p)
		return err
	}, `SELECT DISTINCT ip.post_id, ip.number
		FROM issue AS i JOIN issue_post AS ip ON ip.issue_id = i.id
		WHERE i.digest = '' AND ip.number > ? AND ip.number <= ?`, is.since, is.Newest)
	if err != nil {
		return err
	}
	for _, p := range posts {
		args := append(append([]any{}, bound...), p.row, is.row)
		if err := p.skip(ctx, tx, readers+` AND `+hadPost, args...); err != nil {
			return err
		}
	}
	return nil
}

func giveBackPost(ctx context.Context, tx *sql.Tx, is issue, readers string, bound []any) error {
	p, err := handSent(ctx, tx, is)
	if err != nil {
		return err
	}
	return reskip(ctx, tx, func(skip []int64) []int64 {
		return newsletter.Served{Skip: skip}.Without(p.number).Skip
	}, readers+` AND NOT `+hadPost, append(bound, p.row, is.row)...)
}
