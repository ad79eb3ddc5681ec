package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"postrider/post"
)

// identify finds the post that a file is. A record without a row is a new one.
func (d *desk) identify(ctx context.Context, sub Submission) (record, error) {
	if sub.Path != "" {
		r, err := d.find(ctx, `p.source = ?`, sub.Path)
		if err != nil {
			return record{}, err
		}
		if r.row != 0 {
			return r, sameGUID(r, sub.Source.GUID)
		}
	}
	if sub.Source.GUID != "" {
		r, err := d.find(ctx, `p.guid = ?`, sub.Source.GUID)
		if err != nil {
			return record{}, err
		}
		if r.row != 0 && r.Source != "" && r.Source != sub.Path && d.o.Gone != nil && !d.o.Gone(r.Source) {
			return record{}, errorf(ErrConflict,
				"guid: %q is that of %s, which is still there; give this file a guid of its own or none",
				sub.Source.GUID, describe(r.Post))
		}
		if r.row != 0 {
			return r, nil
		}
	}
	return d.renamed(ctx, sub)
}

// renamed finds the post of a file that lies at another path now: the one with
// the slug this file asks for, or with the same bytes, whose own file is gone.
func (d *desk) renamed(ctx context.Context, sub Submission) (record, error) {
	if sub.Path == "" || d.o.Gone == nil {
		return record{}, nil
	}
	isIt := func(r record) bool {
		return r.row != 0 && r.Source != "" && d.o.Gone(r.Source) && sameGUID(r, sub.Source.GUID) == nil
	}
	slug := sub.Source.Slug
	if slug == "" {
		slug = post.MakeSlug(sub.Source.Title)
	}
	r, err := d.find(ctx, `p.slug = ?`, slug)
	if err != nil || isIt(r) {
		return r, err
	}
	if sub.digest() == nil {
		return record{}, nil
	}
	r, err = d.find(ctx, `p.id = (SELECT max(id) FROM post WHERE source_digest = ?)`, sub.digest())
	if err != nil || isIt(r) {
		return r, err
	}
	return record{}, nil
}

// find is the package's find for statements that run for every file. It gives a
// record without a row if there is no such post.
func (d *desk) find(ctx context.Context, where string, ref any) (record, error) {
	r, err := scanRecord(d.row(ctx, selectRecord+`WHERE `+where, ref))
	if errors.Is(err, sql.ErrNoRows) {
		return record{}, nil
	}
	return r, err
}

// sameGUID refuses to give a post another guid than the one it has.
func sameGUID(r record, guid string) error {
	if guid == "" || guid == r.GUID {
		return nil
	}
	return errorf(ErrConflict, "guid: %q: this post was stored with the guid %q, which must never change; "+
		"take the line out, or delete the post first (postrider post delete %s)", guid, r.GUID, r.Slug)
}

// neverUsed refuses a new post the guid of one that is gone.
func (d *desk) neverUsed(ctx context.Context, row int64, guid string) error {
	if row != 0 || guid == "" {
		return nil
	}
	var at sql.NullInt64
	err := d.row(ctx, `SELECT at FROM former_guid WHERE guid = ?`, guid).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	} else if err != nil {
		return err
	}
	return errorf(ErrConflict, "guid: %q was that of a post deleted on %s, so readers' programs would hide this one; "+
		"take the line out to have a new one made", guid, instant(at).Format(time.DateOnly))
}

// choose gives r its slug: the one that its front matter or its file name has.
// Where that is taken, a name yields and the author's own word is an error. A slug
// made from the title never changes.
func (d *desk) choose(ctx context.Context, r *record, sub Submission) (warnings []string, err error) {
	taken := func(slug string) (bool, error) { return d.taken(ctx, r.row, slug) }
	want := sub.Source.Slug
	if want == "" && r.Slug == "" {
		r.Slug, err = post.UniqueSlug(post.MakeSlug(sub.Source.Title), taken)
		return nil, err
	}
	if want == "" || want == r.Slug {
		return nil, nil
	}
	switch used, err := taken(want); {
	case err != nil:
		return nil, err
	case !used:
		r.Slug = want
		return nil, nil
	case !sub.namesSlug():
		holder, err := d.holder(ctx, want)
		if err != nil {
			return nil, err
		}
		return nil, errorf(ErrConflict, "slug: %q %s; choose another one", want, holder)
	case r.Slug != "":
		return nil, nil
	}
	r.Slug, err = post.UniqueSlug(want, taken)
	if err != nil {
		return nil, err
	}
	holder, err := d.holder(ctx, want)
	return []string{fmt.Sprintf("the slug %q %s, so this post is %q; to choose one, write slug: in its front matter",
		want, holder, r.Slug)}, err
}

// namesSlug tells whether the name of the file alone gives the slug it has.
func (s Submission) namesSlug() bool {
	bare, err := post.Parse(s.Path, nil, post.ParseOptions{})
	return s.Path != "" && err == nil && bare.Slug == s.Source.Slug
}

// taken tells whether a slug is or was that of a post other than the one in row.
func (d *desk) taken(ctx context.Context, row int64, slug string) (bool, error) {
	var taken bool
	err := d.row(ctx, `
		SELECT EXISTS (SELECT 1 FROM post WHERE slug = ?1 AND id <> ?2)
		    OR EXISTS (SELECT 1 FROM former_slug WHERE slug = ?1 AND post_id IS DISTINCT FROM ?2)`,
		slug, row).Scan(&taken)
	return taken, err
}

// holder tells to what post a slug that is taken leads.
func (d *desk) holder(ctx context.Context, slug string) (string, error) {
	r, err := d.find(ctx, `p.slug = ?`, slug)
	if err != nil {
		return "", err
	}
	if r.row != 0 {
		return "is taken by " + describe(r.Post), nil
	}
	r, err = d.find(ctx, `p.id = (SELECT post_id FROM former_slug WHERE slug = ?)`, slug)
	if err != nil {
		return "", err
	}
	if r.row != 0 {
		return fmt.Sprintf("still leads to %s, which had it before", describe(r.Post)), nil
	}
	return "was that of a deleted post, and its links must not lead to another", nil
}

// describe names a post in an error about another one.
func describe(p post.Post) string {
	if p.Source == "" {
		return fmt.Sprintf("the post %q (%s)", p.Title, p.Slug)
	}
	return fmt.Sprintf("the post %q (%s)", p.Title, p.Source)
}
