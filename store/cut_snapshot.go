package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"postrider/newsletter"
)

// The parts of a condition on subscribers that decide who is in an audience.
// Each takes the arguments that its comment names.
const (
	inAudience = `state = 'active' AND (? = '' OR cadence = ?)` // cadence, cadence
	notPaused  = `(paused_until IS NULL OR paused_until <= ?)`  // now
	// brought: delivery d may have reached its reader, or still will.
	brought = `(d.state NOT IN ('failed', 'cancelled', 'suppressed') OR d.doubtful)`
	// hadPost: another issue brought, or is bringing, this post to subscriber s, or
	// may have, as one does whose deliveries were pruned to all who were there.
	// Takes the post's row and the row of the issue that does not count.
	hadPost = `EXISTS (
		SELECT 1 FROM issue_post AS ip JOIN issue AS other ON other.id = ip.issue_id
		LEFT JOIN delivery AS d ON d.issue_id = ip.issue_id AND d.subscriber_id = s.id
		LEFT JOIN variant_post AS vp ON vp.variant_id = d.variant_id AND vp.post_id = ip.post_id
		WHERE ip.post_id = ? AND ip.issue_id <> ? AND (
			vp.post_id IS NOT NULL AND ` + brought + `
			OR other.pruned_at IS NOT NULL AND s.id <= other.last_id))`
)

// Snapshot reads what a cut for an audience is planned from, in one transaction:
// how its readers stand, which publications lie before them, and who is left out
// and why. For a post sent by hand it fails with [ErrNotFound] unless that is published.
func (s *Store) Snapshot(ctx context.Context, a newsletter.Audience, now time.Time) (newsletter.Snapshot, error) {
	var snap newsletter.Snapshot
	err := s.read(ctx, "plan an issue", func(tx *sql.Tx) (err error) {
		snap, err = snapshot(ctx, tx, a, now)
		return err
	})
	return snap, err
}

func snapshot(ctx context.Context, tx *sql.Tx, a newsletter.Audience, now time.Time) (newsletter.Snapshot, error) {
	snap := newsletter.Snapshot{LeftOut: make(map[newsletter.Reason]int)}
	err := tx.QueryRowContext(ctx, `SELECT publication, change FROM house`).Scan(&snap.Newest, &snap.Change)
	if err != nil {
		return snap, err
	}
	if snap.Last, err = lastIssue(ctx, tx, a, 0); err != nil {
		return snap, err
	}
	if err := countOthers(ctx, tx, &snap, a, now); err != nil {
		return snap, err
	}
	if a.Post != "" {
		return snap, snapshotPost(ctx, tx, &snap, a, now)
	}
	if snap.Groups, err = groups(ctx, tx, inAudience+` AND `+notPaused, a.Cadence, a.Cadence, now.UnixMilli()); err != nil {
		return snap, err
	}
	if snap.Publications, err = publications(ctx, tx, since(snap)); err != nil {
		return snap, err
	}
	for _, g := range snap.Groups {
		if reason := g.LeftOut(snap.Publications); reason != "" {
			snap.LeftOut[reason] += g.Count
		}
	}
	return snap, nil
}

// lastIssue finds the newest issue for an audience, but for the one in row except.
func lastIssue(ctx context.Context, tx *sql.Tx, a newsletter.Audience, except int64) (newsletter.Last, error) {
	var last newsletter.Last
	var audiences [2]string
	for i, again := range []bool{false, true} {
		a.Again = again // whom it may go to, not who they are
		text, err := encodeAudience(a)
		if err != nil {
			return last, err
		}
		audiences[i] = text
	}
	err := tx.QueryRowContext(ctx, `
		SELECT public_id, digest, expanded_to IS NOT NULL AND state IN ('expanding', 'sending', 'paused')
		FROM issue WHERE audience IN (?, ?) AND id <> ? ORDER BY id DESC LIMIT 1`,
		audiences[0], audiences[1], except).Scan(&last.ID, &last.Digest, &last.Unfinished)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return last, err
}

// since is the number above which the posts of an issue lie.
func since(snap newsletter.Snapshot) int64 {
	lowest := snap.Newest
	for _, g := range snap.Groups {
		lowest = min(lowest, g.Cursor)
	}
	return lowest
}

// snapshotPost plans for a post sent by hand.
func snapshotPost(ctx context.Context, tx *sql.Tx, snap *newsletter.Snapshot, a newsletter.Audience, now time.Time) error {
	var row int64
	err := tx.QueryRowContext(ctx,
		`SELECT id FROM post WHERE public_id = ? AND state = 'published'`, a.Post).Scan(&row)
	if errors.Is(err, sql.ErrNoRows) {
		return notFound("published post", a.Post)
	}
	if err != nil {
		return err
	}
	if snap.Publications, err = publicationsWhere(ctx, tx, `p.id = ?`, row); err != nil {
		return err
	}
	who := inAudience + ` AND ` + notPaused
	args := []any{a.Cadence, a.Cadence, now.UnixMilli()}
	if a.Again {
		snap.Groups, err = groups(ctx, tx, who, args...)
		return err
	}
	everyone := 0
	if err := tx.QueryRowContext(ctx,
		`SELECT count(*) FROM subscriber AS s WHERE `+who, args...).Scan(&everyone); err != nil {
		return err
	}
	if snap.Groups, err = groups(ctx, tx, who+` AND NOT `+hadPost, append(args, row, 0)...); err != nil {
		return err
	}
	for _, g := range snap.Groups {
		everyone -= g.Count
	}
	if everyone > 0 {
		snap.LeftOut[newsletter.AlreadyHas] = everyone
	}
	return nil
}

// groups gathers the subscribers that a condition selects by how they stand.
func groups(ctx context.Context, tx *sql.Tx, where string, args ...any) ([]newsletter.Group, error) {
	var all []newsletter.Group
	err := each(ctx, tx, func(row scanner) error {
		g, err := scanGroup(row)
		all = append(all, g)
		return err
	}, `SELECT cursor, topics, skip, count(*) FROM subscriber AS s WHERE `+where+`
		GROUP BY cursor, topics, skip ORDER BY cursor, topics, skip`, args...)
	return all, err
}

func scanGroup(row scanner) (newsletter.Group, error) {
	var g newsletter.Group
	var topics, skip string
	err := row.Scan(&g.Cursor, &topics, &skip, &g.Count)
	if err != nil {
		return g, err
	}
	if g.Topics, err = unlist[string](topics); err != nil {
		return g, err
	}
	g.Skip, err = unlist[int64](skip)
	return g, err
}

// countOthers counts who is left out whatever the issue holds. To put others in groups as
// well would take four times as long.
func countOthers(ctx context.Context, tx *sql.Tx, snap *newsletter.Snapshot, a newsletter.Audience, now time.Time) error {
	return each(ctx, tx, func(row scanner) error {
		var sub newsletter.Subscriber
		var paused bool
		var n int
		if err := row.Scan(&sub.State, &sub.Cadence, &paused, &n); err != nil {
			return err
		}
		if paused {
			sub.PausedUntil = now.Add(time.Millisecond)
		}
		if reason := a.LeftOut(sub, now); reason != "" {
			snap.LeftOut[reason] += n
		}
		return nil
	}, `SELECT state, cadence, NOT `+notPaused+` AS paused, count(*) FROM subscriber
		WHERE NOT (`+inAudience+` AND `+notPaused+`)
		GROUP BY state, cadence, paused`, now.UnixMilli(), a.Cadence, a.Cadence, now.UnixMilli())
}

// Publications returns the published posts whose publication number is above
// after, oldest first, at their newest revisions: what a reader with that cursor
// and no topics would get.
func (s *Store) Publications(ctx context.Context, after int64) ([]newsletter.Publication, error) {
	var pubs []newsletter.Publication
	err := s.read(ctx, "list publications", func(tx *sql.Tx) (err error) {
		pubs, err = publications(ctx, tx, after)
		return err
	})
	return pubs, err
}

func publications(ctx context.Context, tx *sql.Tx, after int64) ([]newsletter.Publication, error) {
	return publicationsWhere(ctx, tx, `p.number > ? AND p.state = 'published'`, after)
}

func publicationsWhere(ctx context.Context, tx *sql.Tx, where string, args ...any) ([]newsletter.Publication, error) {
	var pubs []newsletter.Publication
	err := each(ctx, tx, func(row scanner) error {
		var p newsletter.Publication
		var tag string
		if err := row.Scan(&p.PostID, &p.Number, &p.Revision, &tag); err != nil {
			return err
		}
		if n := len(pubs); n == 0 || pubs[n-1].PostID != p.PostID {
			pubs = append(pubs, p)
		}
		if last := &pubs[len(pubs)-1]; tag != "" {
			last.Tags = append(last.Tags, tag)
		}
		return nil
	}, `SELECT p.public_id, coalesce(p.number, 0), p.revision, coalesce(t.tag, '')
		FROM post AS p LEFT JOIN post_tag AS t ON t.post_id = p.id
		WHERE `+where+` ORDER BY p.number, p.id, t.tag`, args...)
	return pubs, err
}
