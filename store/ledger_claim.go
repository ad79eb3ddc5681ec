package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// Claim gives a worker deliveries that are due, at most limit: notices first,
// then those of the issues that are open and not paused, each its share. It
// fails with [ErrLeaseLost] if the worker was struck off, and with [ErrLocked] if
// the database may not send. What the worker gives back, having begun with none of it,
// is due now, behind all others. It implements [mailer.Queue].
func (s *Store) Claim(ctx context.Context, worker int64, now time.Time, limit int, back ...mailer.Key) ([]mailer.Delivery, error) {
	var claimed []mailer.Delivery
	err := s.write(ctx, "claim deliveries", func(tx *sql.Tx) error {
		if err := maySend(ctx, tx); err != nil {
			return err
		}
		var enlisted bool
		if err := tx.QueryRowContext(ctx,
			`SELECT EXISTS (SELECT 1 FROM worker WHERE id = ?)`, worker).Scan(&enlisted); err != nil {
			return err
		}
		if !enlisted {
			return ErrLeaseLost
		}
		c := &claim{tx: tx, worker: worker, now: now.UnixMilli()}
		ctx := uninterrupted(ctx)
		if err := c.takeBack(ctx, back); err != nil {
			return err
		}
		if err := c.notices(ctx, limit); err != nil {
			return err
		}
		if err := c.issues(ctx, limit); err != nil {
			return err
		}
		claimed = c.got
		return nil
	})
	return claimed, err
}

// claim is one call of Claim under way.
type claim struct {
	tx     *sql.Tx
	worker int64
	now    int64
	got    []mailer.Delivery
}

// notices claims mail that belongs to no issue. One that asks to confirm has no name
// of its reader: whoever entered the address may have written anything there.
func (c *claim) notices(ctx context.Context, limit int) error {
	err := each(ctx, c.tx, func(row scanner) error {
		var d mailer.Delivery
		var expires sql.NullInt64
		var due int64
		err := row.Scan(&d.Key.Recipient, &d.IssueID, &d.Message, &due, &expires, &d.Uncertain, &d.Attempt,
			&d.Subscriber, &d.To, &d.Name)
		d.Due = time.UnixMilli(due).UTC()
		d.Attempt++
		d.Expires = instant(expires)
		c.got = append(c.got, d)
		return err
	}, `SELECT n.id, n.key, n.mould, n.due_at, n.expires_at, n.doubtful, n.attempts, s.ref, coalesce(s.email, ''),
			CASE n.kind WHEN 'confirm' THEN '' ELSE s.name END
		FROM notice AS n JOIN subscriber AS s ON s.id = n.subscriber_id
		WHERE n.`+openDelivery+` AND n.due_at <= ? ORDER BY n.due_at LIMIT ?`, c.now, limit)
	if err != nil {
		return err
	}
	for _, d := range c.got {
		if _, err := c.tx.ExecContext(ctx,
			`UPDATE notice SET worker_id = ?, due_at = NULL WHERE id = ?`, c.worker, d.Key.Recipient); err != nil {
			return err
		}
	}
	return nil
}

// openIssue is an issue that deliveries may be claimed of.
type openIssue struct {
	row     int64
	id      string
	expires time.Time
}

func (c *claim) open(ctx context.Context) ([]openIssue, error) {
	var open []openIssue
	err := each(ctx, c.tx, func(row scanner) error {
		var is openIssue
		var expires sql.NullInt64
		err := row.Scan(&is.row, &is.id, &expires)
		is.expires = instant(expires)
		open = append(open, is)
		return err
	}, `SELECT id, public_id, expires_at FROM issue WHERE state IN ('expanding', 'sending') ORDER BY id`)
	return open, err
}

// issues claims deliveries of open issues. Every issue is asked for an equal
// part of what is left, and what one has not is for the next; those that had
// more are asked again. Who is first changes with time, for limits so small
// that not every issue gets a part.
func (c *claim) issues(ctx context.Context, limit int) error {
	open, err := c.open(ctx)
	if err != nil || len(open) == 0 {
		return err
	}
	first := int(c.now % int64(len(open)))
	open = append(open[first:], open[:first]...)
	for len(open) > 0 && len(c.got) < limit {
		var more []openIssue
		for i, is := range open {
			part := (limit - len(c.got) + len(open) - i - 1) / (len(open) - i)
			n, err := c.deliveries(ctx, is, part)
			if err != nil {
				return err
			}
			if n > 0 && n == part {
				more = append(more, is)
			}
		}
		open = more
	}
	return nil
}

// deliveries claims deliveries of one issue, those that are due longest first.
func (c *claim) deliveries(ctx context.Context, is openIssue, limit int) (int, error) {
	if limit <= 0 {
		return 0, nil
	}
	rows, err := c.tx.QueryContext(ctx, claimSQL, is.row, c.now, limit)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	begin := len(c.got)
	var row dueRow
	for rows.Next() {
		d, err := row.scan(rows)
		if err != nil {
			return 0, err
		}
		d.IssueID, d.Expires, d.Key.Issue = is.id, is.expires, is.row
		if len(c.got) == cap(c.got) {
			c.got = slices.Grow(c.got, limit) // where one is due, so are most often many
		}
		c.got = append(c.got, d)
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	return len(c.got) - begin, c.hold(ctx, is, c.got[begin:])
}

// dueRow holds a row of claimSQL as the driver gives it: to have the values converted
// costs as much as to find them.
type dueRow struct{ recipient, mould, due, doubtful, attempts, ref, to, name any }

func (r *dueRow) scan(row scanner) (d mailer.Delivery, err error) {
	if err := row.Scan(&r.recipient, &r.mould, &r.due, &r.doubtful, &r.attempts, &r.ref, &r.to, &r.name); err != nil {
		return d, err
	}
	d.Key.Recipient = r.recipient.(int64)
	d.Mould = r.mould.(int64)
	d.Due = time.UnixMilli(r.due.(int64)).UTC()
	d.Uncertain = r.doubtful.(int64) != 0
	d.Attempt = int(r.attempts.(int64)) + 1
	d.Subscriber = newsletter.ID(r.ref.(int64))
	d.To, d.Name = newsletter.Address(r.to.(string)), r.name.(string)
	return d, nil
}

// heldAtOnce is how many deliveries one statement names.
const heldAtOnce = 64

// hold marks deliveries as this worker's. By the order of claimSQL, those that are
// due at one time are all that are due then from their first reader to their last:
// where they are many and stand close together, no more than these two is named.
func (c *claim) hold(ctx context.Context, is openIssue, claimed []mailer.Delivery) error {
	var apart []mailer.Delivery
	for rest := claimed; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].Due.Equal(rest[0].Due) {
			n++
		}
		first, last := rest[0].Key.Recipient, rest[n-1].Key.Recipient
		if n < heldAtOnce || last-first > int64(2*n) {
			apart = append(apart, rest[:n]...)
		} else if _, err := c.tx.ExecContext(ctx, holdRangeSQL,
			c.worker, is.row, first, last, rest[0].Due.UnixMilli()); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return c.holdApart(ctx, is, apart)
}

// holdApart names each delivery in the statement: with a subquery in its WHERE an
// UPDATE goes through its rows twice.
func (c *claim) holdApart(ctx context.Context, is openIssue, claimed []mailer.Delivery) error {
	query := holdSQL()
	for some := range slices.Chunk(claimed, heldAtOnce) {
		args := append(make([]any, 0, 2+heldAtOnce), c.worker, is.row)
		for i := range heldAtOnce {
			args = append(args, some[min(i, len(some)-1)].Key.Recipient) // the last one fills the list up
		}
		if _, err := c.tx.ExecContext(ctx, query, args...); err != nil {
			return err
		}
	}
	return nil
}

// holdRangeSQL keeps off the index delivery_open, which it changes.
const holdRangeSQL = `UPDATE delivery SET worker_id = ?, due_at = NULL
	WHERE issue_id = ? AND subscriber_id BETWEEN ? AND ? AND +due_at = ? AND ` + openDelivery

func holdSQL() string {
	return `UPDATE delivery SET worker_id = ?, due_at = NULL
	WHERE issue_id = ? AND subscriber_id IN (?` + strings.Repeat(", ?", heldAtOnce-1) + `)`
}

// takeBack lets others have what this worker holds and has not begun.
func (c *claim) takeBack(ctx context.Context, back []mailer.Key) error {
	for _, key := range back {
		query := `UPDATE delivery SET worker_id = NULL, due_at = ?
			WHERE issue_id = ? AND subscriber_id = ? AND worker_id = ? AND open AND state <> 'sending'`
		if key.Issue == 0 {
			query = `UPDATE notice SET worker_id = NULL, due_at = ? WHERE ? = 0 AND id = ? AND worker_id = ? AND open AND state <> 'sending'`
		}
		if _, err := c.tx.ExecContext(ctx, query, c.now, key.Issue, key.Recipient, c.worker); err != nil {
			return err
		}
	}
	return nil
}

// claimSQL finds what is due of one issue. It must use the index delivery_open.
const claimSQL = `
	SELECT d.subscriber_id, d.variant_id, d.due_at, d.doubtful, d.attempts, s.ref, coalesce(s.email, ''), s.name
	FROM delivery AS d JOIN subscriber AS s ON s.id = d.subscriber_id
	WHERE d.issue_id = ? AND d.` + openDelivery + ` AND d.due_at <= ?
	ORDER BY d.due_at, d.subscriber_id LIMIT ?`
