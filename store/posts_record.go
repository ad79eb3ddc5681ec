package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"postrider/post"
)

// record is a row of post with its newest revision, and what only the store
// has to know of it.
type record struct {
	post.Post
	row     int64  // 0: not stored yet
	mayMail bool   // decided when the post was published or scheduled
	ordinal int64  // its place in the archives of feeds; 0: never published
	content string // Content as it is stored
	file    file
}

// file is what a post was last added from. Its wishes are kept so that only a
// change of them counts: a date that was overruled by a command stays overruled.
type file struct {
	digest []byte // SHA-256; nil: unknown
	draft  bool
	date   time.Time
}

const selectRecord = `
	SELECT p.id, p.public_id, p.guid, p.slug, coalesce(p.source, ''), p.state, coalesce(p.number, 0),
	       p.revision, p.created_at, p.published_at, p.updated_at, p.scheduled_at,
	       p.may_mail, coalesce(p.ordinal, 0), p.source_digest, p.source_draft, p.source_date, r.content
	  FROM post p JOIN revision r ON r.post_id = p.id AND r.revision = p.revision `

func scanRecord(row scanner) (record, error) {
	var r record
	var created, published, updated, scheduled, date sql.NullInt64
	err := row.Scan(&r.row, &r.ID, &r.GUID, &r.Slug, &r.Source, &r.State, &r.Number,
		&r.Revision, &created, &published, &updated, &scheduled,
		&r.mayMail, &r.ordinal, &r.file.digest, &r.file.draft, &date, &r.content)
	if err != nil {
		return record{}, err
	}
	r.Created, r.Published, r.Updated, r.Scheduled = instant(created), instant(published), instant(updated), instant(scheduled)
	r.file.date = instant(date)
	return r, r.decode()
}

// decode reads the stored form of what the post says.
func (r *record) decode() error {
	r.Content = post.Content{}
	if err := json.Unmarshal([]byte(r.content), &r.Content); err != nil {
		return fmt.Errorf("revision %d of post %q: %w", r.Revision, r.Slug, err)
	}
	return nil
}

// encode gives the form in which a content is stored. Equal contents have equal
// forms.
func encode(c post.Content) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // nothing of it is put into a page as it is
	if err := e.Encode(c); err != nil {
		return "", fmt.Errorf("store the post %q: %w", c.Title, err)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// find returns the one post that where, a condition on post p, holds for.
func find(ctx context.Context, tx *sql.Tx, where string, ref string) (record, error) {
	r, err := scanRecord(tx.QueryRowContext(ctx, selectRecord+`WHERE `+where, ref))
	if errors.Is(err, sql.ErrNoRows) {
		return record{}, notFound("post", ref)
	}
	return r, err
}

// records returns the posts of a query that starts with selectRecord.
func records(ctx context.Context, tx *sql.Tx, query string, args ...any) ([]record, error) {
	var list []record
	err := each(ctx, tx, func(row scanner) error {
		r, err := scanRecord(row)
		list = append(list, r)
		return err
	}, query, args...)
	return list, err
}
