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
