package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"postrider/post"
)

// save writes r, which was old, and sets its row if it is new. A content that
// differs becomes a revision, and a slug it gives up a former one.
func save(ctx context.Context, h hot, old record, r *record, now time.Time) error {
	if err := saveRow(ctx, h, old, r); err != nil {
		return err
	}
	if r.content != old.content {
		if _, err := h.exec(ctx, `INSERT INTO revision (post_id, revision, created_at, content) VALUES (?, ?, ?, ?)`,
			r.row, r.Revision, millis(now), r.content); err != nil {
			return err
		}
	}
	if slices.Equal(r.Tags, old.Tags) {
		return nil
	}
	return saveTags(ctx, h, *r)
}

func saveRow(ctx context.Context, h hot, old record, r *record) error {
	if r.row == 0 {
		_, err := h.exec(ctx, `
			INSERT INTO post (public_id, guid, slug, state, may_mail, revision,
			                  created_at, published_at, updated_at, scheduled_at,
			                  source, source_digest, source_draft, source_date)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.ID, r.GUID, r.Slug, r.State, r.mayMail, r.Revision,
			millis(r.Created), millis(r.Published), millis(r.Updated), millis(r.Scheduled),
			orNull(r.Source), r.file.digest, r.file.draft, millis(r.file.date))
		if err != nil {
			return err
		}
		// RETURNING would make SQLite keep a journal for the statement and cost
		// twice as much as this.
		return h.row(ctx, `SELECT id FROM post WHERE public_id = ?`, r.ID).Scan(&r.row)
	}
	if r.Slug != old.Slug {
		if _, err := h.exec(ctx, `DELETE FROM former_slug WHERE slug = ? AND post_id = ?`, r.Slug, r.row); err != nil {
			return err
		}
		if _, err := h.exec(ctx, `INSERT INTO former_slug (slug, post_id) VALUES (?, ?)`, old.Slug, r.row); err != nil {
			return err
		}
	}
	_, err := h.exec(ctx, `
		UPDATE post SET slug = ?, state = ?, may_mail = ?, revision = ?,
		       published_at = ?, updated_at = ?, scheduled_at = ?,
		       source = ?, source_digest = ?, source_draft = ?, source_date = ?
		 WHERE id = ?`,
		r.Slug, r.State, r.mayMail, r.Revision,
		millis(r.Published), millis(r.Updated), millis(r.Scheduled),
		orNull(r.Source), r.file.digest, r.file.draft, millis(r.file.date), r.row)
	return err
}

func orNull(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

func saveTags(ctx context.Context, h hot, r record) error {
	if _, err := h.exec(ctx, `DELETE FROM post_tag WHERE post_id = ?`, r.row); err != nil {
		return err
	}
	for _, label := range r.Tags {
		tag := post.FoldTag(label)
		if tag == "" {
			continue
		}
		if _, err := h.exec(ctx, `INSERT INTO post_tag (tag, post_id, label) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
			tag, r.row, label); err != nil {
			return err
		}
	}
	return nil
}

// number gives those posts that were published just now their numbers, in the
// order of their dates: all of them a place in the archives of feeds, and those
// that may be mailed the next publication numbers. Whatever their dates say, the
// time at which a post got its number is when it came before its readers.
func number(ctx context.Context, h hot, records []record, now time.Time) error {
	err := give(ctx, h, records, takeOrdinals,
		func(r *record) bool { return r.State == post.Published && r.ordinal == 0 },
		func(r *record, n int64) error {
			r.ordinal = n
			_, err := h.exec(ctx, `UPDATE post SET ordinal = ? WHERE id = ?`, n, r.row)
			return err
		})
	if err != nil {
		return err
	}
	return give(ctx, h, records, takeNumbers,
		func(r *record) bool { return r.State == post.Published && r.mayMail && r.Number == 0 },
		func(r *record, n int64) error {
			r.Number = n
			_, err := h.exec(ctx, `UPDATE post SET number = ?, numbered_at = ? WHERE id = ?`, n, millis(now), r.row)
			return err
		})
}

// give takes as many numbers as there are records that want one, and hands them
// out in the order of the records' dates.
func give(ctx context.Context, h hot, records []record, take func(context.Context, *sql.Tx, int) (int64, error),
	wants func(*record) bool, hand func(*record, int64) error,
) error {
	var fresh []*record
	for i := range records {
		if r := &records[i]; wants(r) {
			fresh = append(fresh, r)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	slices.SortStableFunc(fresh, func(a, b *record) int {
		return cmp.Or(a.Published.Compare(b.Published), cmp.Compare(a.row, b.row))
	})
	next, err := take(ctx, h.tx, len(fresh))
	if err != nil {
		return err
	}
	for i, r := range fresh {
		if err := hand(r, next+int64(i)); err != nil {
			return err
		}
	}
	return nil
}
