package store

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// DeliveryRow is what the ledger says of one issue for one subscriber.
type DeliveryRow struct {
	row        int64
	Subscriber newsletter.ID
	Email      newsletter.Address // "" once erased
	Name       string
	Variant    string // its key, see newsletter.VariantKey
	State      mailer.DeliveryState
	Attempts   int
	At         time.Time // of the last change of State
	Due        time.Time // when it may be tried; zero if it is not waiting for a time
	Reason     string
	Reply      string
}

// Deliveries streams the deliveries of an issue in the given states (none: all),
// in the order in which their subscribers joined, page by page like
// [Store.Subscribers]. The first error ends it.
func (s *Store) Deliveries(ctx context.Context, issueID string, states []mailer.DeliveryState) iter.Seq2[DeliveryRow, error] {
	if len(states) == 0 {
		states = mailer.DeliveryStates()
	}
	fetch := func(after int64) ([]DeliveryRow, error) {
		var rows []DeliveryRow
		err := s.read(ctx, "list deliveries", func(tx *sql.Tx) error {
			is, err := issueByID(ctx, tx, issueID)
			if err != nil {
				return err
			}
			args := []any{is.row, after}
			for _, state := range states {
				args = append(args, state)
			}
			return each(ctx, tx, func(row scanner) error {
				d, err := scanDelivery(row)
				rows = append(rows, d)
				return err
			}, `SELECT d.subscriber_id, s.ref, coalesce(s.email, ''), s.name, v.key, d.state, d.attempts, d.at, d.due_at,
					coalesce(d.reason, ''), coalesce(d.reply, '')
				FROM delivery AS d
				JOIN subscriber AS s ON s.id = d.subscriber_id
				JOIN variant AS v ON v.id = d.variant_id
				WHERE d.issue_id = ? AND d.subscriber_id > ? AND d.state IN (`+marks(len(states))+`)
				ORDER BY d.subscriber_id LIMIT ?`, append(args, page)...)
		})
		return rows, err
	}
	return paged(fetch, func(d DeliveryRow) int64 { return d.row })
}

func scanDelivery(row scanner) (DeliveryRow, error) {
	var d DeliveryRow
	var at, due sql.NullInt64
	err := row.Scan(&d.row, &d.Subscriber, &d.Email, &d.Name, &d.Variant, &d.State, &d.Attempts, &at, &due,
		&d.Reason, &d.Reply)
	d.At, d.Due = instant(at), instant(due)
	return d, err
}

// Tally counts the deliveries of an issue by state. Without an issue it counts
// those of every open issue that is not paused, and all notices that have not
// ended: what an outbox has before it.
func (s *Store) Tally(ctx context.Context, issueID string) (mailer.Tally, error) {
	now := s.options.now().UnixMilli()
	tally := mailer.Tally{Count: make(map[mailer.DeliveryState]int64)}
	err := s.read(ctx, "count deliveries", func(tx *sql.Tx) error {
		if issueID != "" {
			is, err := issueByID(ctx, tx, issueID)
			if err != nil {
				return err
			}
			return tallyIssue(ctx, tx, &tally, is.row, now)
		}
		open, err := workedIssues(ctx, tx)
		if err != nil {
			return err
		}
		for _, row := range open {
			if err := tallyIssue(ctx, tx, &tally, row, now); err != nil {
				return err
			}
		}
		return tallyInto(ctx, tx, &tally, `
			SELECT `+tallied+` FROM notice WHERE `+openDelivery+` GROUP BY state`, now)
	})
	return tally, err
}

func workedIssues(ctx context.Context, tx *sql.Tx) ([]int64, error) {
	var open []int64
	err := each(ctx, tx, func(row scanner) error {
		var id int64
		err := row.Scan(&id)
		open = append(open, id)
		return err
	}, `SELECT id FROM issue WHERE state IN ('expanding', 'sending')`)
	return open, err
}

func tallyIssue(ctx context.Context, tx *sql.Tx, tally *mailer.Tally, issue, now int64) error {
	return tallyInto(ctx, tx, tally, `
		SELECT `+tallied+` FROM delivery WHERE issue_id = ?2 GROUP BY state
		UNION ALL
		SELECT state, n, 0, 0, 0, 0, NULL FROM pruned WHERE issue_id = ?2`, now, issue)
}

// tallied is what a tally of now (?1) is made of.
const tallied = `state, count(*), count(worker_id), count(CASE WHEN due_at <= ?1 THEN 1 END),
	count(CASE WHEN ` + laterDelivery + ` THEN 1 END), count(CASE WHEN ` + pacedDelivery + ` THEN 1 END),
	min(CASE WHEN due_at > ?1 THEN due_at END)`

// laterDelivery: one that was tried and waits for a time after now (?1), or for the operator.
const laterDelivery = `(state = 'deferred' OR state = 'uncertain') AND worker_id IS NULL AND coalesce(due_at > ?1, 1)`

// pacedDelivery: one that only the rate of its domain has wait until after now (?1).
const pacedDelivery = `open AND reason = '` + mailer.ReasonRate + `' AND due_at > ?1`

// tallyInto adds what a query of [tallied] finds.
func tallyInto(ctx context.Context, tx *sql.Tx, tally *mailer.Tally, query string, args ...any) error {
	return each(ctx, tx, func(row scanner) error {
		var state mailer.DeliveryState
		var n, claimed, due, later, paced int64
		var next sql.NullInt64
		if err := row.Scan(&state, &n, &claimed, &due, &later, &paced, &next); err != nil {
			return err
		}
		tally.Count[state] += n
		tally.Claimed += claimed
		tally.Due += due
		tally.Later += later
		tally.Paced += paced
		if at := instant(next); !at.IsZero() && (tally.NextDue.IsZero() || at.Before(tally.NextDue)) {
			tally.NextDue = at
		}
		return nil
	}, query, args...)
}

// Variants returns every rendering of an issue, in the order in which they were
// made: the one for most readers first.
func (s *Store) Variants(ctx context.Context, issueID string) ([]newsletter.Variant, error) {
	var variants []newsletter.Variant
	err := s.read(ctx, "read an issue's variants", func(tx *sql.Tx) error {
		is, err := issueByID(ctx, tx, issueID)
		if err != nil {
			return err
		}
		var rows []int64
		if err := each(ctx, tx, func(row scanner) error {
			id, v, err := scanVariant(row)
			rows, variants = append(rows, id), append(variants, v)
			return err
		}, `SELECT `+variantColumns+` WHERE v.issue_id = ? ORDER BY v.id`, is.row); err != nil {
			return err
		}
		for i, id := range rows {
			if variants[i].Publications, err = variantPosts(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
	return variants, err
}

// VariantOf returns the rendering of an issue that a subscriber got, or
// [ErrNotFound] if the issue is not for them.
func (s *Store) VariantOf(ctx context.Context, issueID string, id newsletter.ID) (newsletter.Variant, error) {
	var v newsletter.Variant
	err := s.read(ctx, "read a reader's variant", func(tx *sql.Tx) error {
		row, found, err := scanVariant(tx.QueryRowContext(ctx, `SELECT `+variantColumns+`
			JOIN delivery AS d ON d.variant_id = v.id AND d.issue_id = v.issue_id
			JOIN issue AS i ON i.id = v.issue_id
			JOIN subscriber AS s ON s.id = d.subscriber_id
			WHERE i.public_id = ? AND s.ref = ?`, issueID, id))
		if errors.Is(err, sql.ErrNoRows) {
			return notFound("issue for this subscriber", issueID)
		}
		if err != nil {
			return err
		}
		v = found
		v.Publications, err = variantPosts(ctx, tx, row)
		return err
	})
	return v, err
}

const variantColumns = `v.id, v.key, v.subject, v.html, v.text, v.mould FROM variant AS v`

func scanVariant(row scanner) (id int64, v newsletter.Variant, err error) {
	err = row.Scan(&id, &v.Key, &v.Subject, &v.HTML, &v.Text, &v.Mould)
	return id, v, err
}

// variantPosts lists the posts of a variant in the order in which it shows them.
func variantPosts(ctx context.Context, tx *sql.Tx, variant int64) ([]newsletter.Publication, error) {
	var pubs []newsletter.Publication
	err := each(ctx, tx, func(row scanner) error {
		p, err := scanPublication(row)
		pubs = append(pubs, p)
		return err
	}, `SELECT ip.number, ip.post, ip.revision, ip.tags
		FROM variant AS v
		JOIN variant_post AS vp ON vp.variant_id = v.id
		JOIN issue_post AS ip ON ip.issue_id = v.issue_id AND ip.post_id = vp.post_id
		WHERE v.id = ? ORDER BY vp.position`, variant)
	return pubs, err
}
