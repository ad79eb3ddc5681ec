package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"postrider/newsletter"
)

// expanding is one batch of an issue's readers on their way into the ledger:
// those of its audience whose rows are above from and not above to.
type expanding struct {
	tx       *sql.Tx
	is       issue
	now      int64
	from, to int64
	hand     *handPost // the post that is sent by hand; nil for a digest
}

// Expand adds the next readers of an issue to the ledger, at most limit, in the
// order of their rows, and moves what they have been served. It asks assign once
// for each kind of reader which publications they get; none moves them on
// without mail, and so does a pause. If the issue holds no variant for them it
// fails with a [*newsletter.MissingVariant] and does nothing: make the variant,
// call [Store.AddVariant] and go on.
//
// Readers who joined after the cut are not in the issue, nor are those who have
// come over since with posts before them that were not taken for it: they wait
// for the next. An issue that has all its readers, or was cancelled, is Done. It
// fails with [ErrLocked] if the database may not send.
func (s *Store) Expand(ctx context.Context, issueID string, limit int, now time.Time, assign func(newsletter.Group) []newsletter.Publication) (newsletter.Expansion, error) {
	var result newsletter.Expansion
	err := s.write(ctx, "add readers to issue "+issueID, func(tx *sql.Tx) error {
		if err := maySend(ctx, tx); err != nil {
			return err
		}
		is, err := issueByID(ctx, tx, issueID)
		if err != nil {
			return err
		}
		if !is.expandedTo.Valid {
			result.Done = true
			return nil
		}
		e := &expanding{tx: tx, is: is, now: now.UnixMilli(), from: is.expandedTo.Int64}
		result, err = e.step(ctx, max(limit, 1), assign)
		return err
	})
	return result, err
}

// step adds one batch.
func (e *expanding) step(ctx context.Context, limit int, assign func(newsletter.Group) []newsletter.Publication) (newsletter.Expansion, error) {
	var result newsletter.Expansion
	if err := e.bound(ctx, limit, &result); err != nil {
		return result, err
	}
	if e.is.audience.Post != "" {
		var err error
		if e.hand, err = handSent(ctx, e.tx, e.is); err != nil {
			return result, err
		}
	}
	if result.Seen > 0 {
		choices, err := e.choices(ctx, assign)
		if err != nil {
			return result, err
		}
		if result.Added, err = e.deliver(ctx, choices); err != nil {
			return result, err
		}
		if err := e.serve(ctx); err != nil {
			return result, err
		}
	}
	return result, e.advance(ctx, result)
}

// members is the condition for the readers of this batch.
func (e *expanding) members() (string, []any) {
	return `s.id > ? AND s.id <= ? AND ` + inAudience + ` AND (s.cursor >= ? OR NOT ` + notPaused + `)`,
		[]any{e.from, e.to, e.is.audience.Cadence, e.is.audience.Cadence, e.is.since, e.now}
}

// bound finds where the batch ends.
func (e *expanding) bound(ctx context.Context, limit int, result *newsletter.Expansion) error {
	e.to = e.is.lastID
	where, args := e.members()
	var last sql.NullInt64
	err := e.tx.QueryRowContext(ctx, `
		SELECT count(*), max(id) FROM (SELECT s.id FROM subscriber AS s WHERE `+where+` ORDER BY s.id LIMIT ?) AS batch`,
		append(args, limit)...).Scan(&result.Seen, &last)
	if err != nil {
		return err
	}
	result.Done = result.Seen < limit
	if !result.Done {
		e.to = last.Int64
	}
	return nil
}

// choice is the variant for readers who stand alike.
type choice struct {
	newsletter.Group
	variant int64
}

// choices asks for each kind of reader which variant they get. Those who get
// none are left away.
func (e *expanding) choices(ctx context.Context, assign func(newsletter.Group) []newsletter.Publication) ([]choice, error) {
	where, args := e.members()
	all, err := groups(ctx, e.tx, where+` AND `+notPaused, append(args, e.now)...)
	if err != nil {
		return nil, err
	}
	variants, err := e.variants(ctx)
	if err != nil {
		return nil, err
	}
	var chosen []choice
	for _, g := range all {
		pubs := assign(g)
		if len(pubs) == 0 {
			continue
		}
		variant, ok := variants[newsletter.VariantKey(pubs)]
		if !ok {
			return nil, &newsletter.MissingVariant{Publications: pubs}
		}
		chosen = append(chosen, choice{g, variant})
	}
	return chosen, nil
}

func (e *expanding) variants(ctx context.Context) (map[string]int64, error) {
	byKey := make(map[string]int64)
	err := each(ctx, e.tx, func(row scanner) error {
		var key string
		var id int64
		err := row.Scan(&key, &id)
		byKey[key] = id
		return err
	}, `SELECT key, id FROM variant WHERE issue_id = ?`, e.is.row)
	return byKey, err
}

// choicesAtOnce keeps a statement below the number of values that SQLite takes.
const choicesAtOnce = 1000

// deliver writes the deliveries, one statement for many readers: the ledger
// grows by hundreds of thousands of rows a second that way.
func (e *expanding) deliver(ctx context.Context, choices []choice) (int, error) {
	members, memberArgs := e.members()
	added := 0
	for some := range slices.Chunk(choices, choicesAtOnce) {
		var args []any
		for _, c := range some {
			args = append(args, c.Cursor, list(c.Topics), list(c.Skip), c.variant)
		}
		args = append(args, e.is.row, e.now, e.now)
		args = append(append(args, memberArgs...), e.now)
		where := members + ` AND ` + notPaused
		if e.hand != nil && !e.is.audience.Again {
			where += ` AND NOT ` + hadPost
			args = append(args, e.hand.row, e.is.row)
		}
		n, err := exec(ctx, e.tx, `
			WITH chosen (cursor, topics, skip, variant_id) AS (
				VALUES `+strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?), ", len(some)), ", ")+`)
			INSERT INTO delivery (issue_id, subscriber_id, variant_id, start, state, due_at, at)
			SELECT ?, s.id, c.variant_id, s.cursor, 'queued', ?, ?
			FROM subscriber AS s CROSS JOIN chosen AS c
			WHERE c.cursor = s.cursor AND c.topics = s.topics AND c.skip = s.skip AND `+where+` ORDER BY s.id`, args...)
		if err != nil {
			return added, err
		}
		added += int(n)
	}
	return added, nil
}

// serve moves what the readers of the batch have been served. For a digest that
// is everything it was taken from, also for who got no mail. A post sent by hand
// counts for who gets it; their digests then leave it out.
func (e *expanding) serve(ctx context.Context) error {
	if e.hand == nil {
		where, args := e.members()
		return moveOn(ctx, e.tx, e.is.Newest, where, args...)
	}
	return e.hand.skip(ctx, e.tx, `id > ? AND id <= ? AND EXISTS (
		SELECT 1 FROM delivery AS d WHERE d.issue_id = ? AND d.subscriber_id = s.id)`, e.from, e.to, e.is.row)
}

// serveUnwritten does it for readers who get no delivery, because another database has sent
// them the issue.
func (e *expanding) serveUnwritten(ctx context.Context) error {
	where, args := e.members()
	if e.is.audience.Post == "" {
		return moveOn(ctx, e.tx, e.is.Newest, where, args...)
	}
	hand, err := handSent(ctx, e.tx, e.is)
	if err != nil {
		return err
	}
	return hand.skip(ctx, e.tx, where+` AND `+notPaused, append(args, e.is.Created.UnixMilli())...) // at that time
}

// advance notes how far the issue is, and how many deliveries it must have from now
// on. With its last reader it is only being sent.
func (e *expanding) advance(ctx context.Context, batch newsletter.Expansion) error {
	if !batch.Done {
		_, err := exec(ctx, e.tx, `UPDATE issue SET expanded_to = ?, deliveries = deliveries + ? WHERE id = ?`,
			e.to, batch.Added, e.is.row)
		return err
	}
	if _, err := exec(ctx, e.tx, `
		UPDATE issue SET expanded_to = NULL, deliveries = deliveries + ?,
			state = CASE state WHEN 'expanding' THEN 'sending' ELSE state END
		WHERE id = ?`, batch.Added, e.is.row); err != nil {
		return err
	}
	return finish(ctx, e.tx, e.is.row, e.now)
}
