package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"time"

	"postrider/post"
)

// Submission is one file that was read and parsed.
type Submission struct {
	Path   string   // what the file is known by from now on; "" for a post that has none
	Digest [32]byte // SHA-256 of the file; zero: unknown, then it never counts as unchanged
	Source post.Source
}

// SubmitOptions are what all files of one submission share.
type SubmitOptions struct {
	Now      time.Time
	Site     *url.URL      // where the posts are read; new guids are made with its host
	Backdate time.Duration // how far back a date may lie for the post to be mailed
	// Gone tells whether there is no file at a path any more, so that the post
	// of a renamed file is found again. Nil: no file is gone.
	Gone func(path string) bool
	// Found says that the files were found in a folder and nobody named them: then
	// one whose post was deleted is left alone,.
	Found bool
}

// Action is what a submission did to a post.
type Action string

// The actions of [Store.SubmitPosts].
const (
	PostCreated   Action = "created"
	PostRevised   Action = "revised"   // its content, slug, date or state changed
	PostMoved     Action = "moved"     // only its file has another path
	PostUnchanged Action = "unchanged" //
	PostDeleted   Action = "deleted"   // nothing: it was deleted, and its file was found again
)

// Unmailed says why a post will be in no mail.
type Unmailed string

// The reasons why a post is not mailed.
const (
	UnmailedByWish    Unmailed = "mail: false"     // its front matter says so
	UnmailedByDate    Unmailed = "its date is old" // further back than the limit
	UnmailedByThePast Unmailed = "decided before"  // it may be now, but was first published when it was not
)

// Accepted is what became of one [Submission].
type Accepted struct {
	Post   post.Post // as it stands now
	Action Action
	Was    post.State // its state before; "" if it is new
	// Unmailed is why a published or scheduled post will not be mailed; "" if it
	// will be, or was, or is no such post.
	Unmailed Unmailed
	Warnings []string
}

// manyPosts is when a submission is no longer an edit but a first sync.
const manyPosts = 500

// SubmitPosts stores files as posts: all of them or, when it returns an error,
// none. A file is the same post as before when its path is known, else when it
// carries a known guid, else when it has the slug or the very bytes of a post
// whose file is gone. Otherwise it is a new post, unless its post was deleted and
// the file was only found.
//
// What is not a draft is published, or scheduled if its date lies ahead. Whether
// it may be mailed is decided then, and in the order of their dates those that
// may get the next publication numbers. The file's wishes (draft, date, slug) act on
// a known post when they change, so that a command such as withdraw is not
// undone by the next edit. A post whose draft flag comes back is withdrawn.
//
// A slug or guid that belongs, or once belonged, to another post is [ErrConflict].
func (s *Store) SubmitPosts(ctx context.Context, subs []Submission, o SubmitOptions) ([]Accepted, error) {
	o.Now = stored(o.Now)
	list := make([]Accepted, len(subs))
	write := s.write
	if len(subs) >= manyPosts {
		write = s.writeMuch
	}
	err := write(ctx, "store posts", func(tx *sql.Tx) error {
		d := desk{hot: prepareIn(tx), o: o, seen: make(map[int64]string)}
		records := make([]record, len(subs))
		for i := range subs {
			var err error
			if records[i], err = d.accept(ctx, subs[i], &list[i]); err != nil {
				return fmt.Errorf("%s: %w", subs[i].name(), err)
			}
		}
		if err := number(ctx, d.hot, records, o.Now); err != nil {
			return err
		}
		if err := d.forgetPlaces(ctx); err != nil {
			return err
		}
		for i := range records {
			list[i].Post, list[i].Unmailed = records[i].Post, records[i].unmailed(o.Backdate)
		}
		if !d.visible {
			return nil
		}
		return bump(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// name is how errors call a submission.
func (s Submission) name() string {
	if s.Path != "" {
		return s.Path
	}
	return fmt.Sprintf("post %q", s.Source.Title)
}

// desk takes the submissions of one transaction.
type desk struct {
	hot
	o       SubmitOptions
	seen    map[int64]string // which file of this submission a post is, by row
	visible bool             // readers can see something of it
}

// accept stores one file, but for its publication number. A record without a row
// is a file that stays out.
func (d *desk) accept(ctx context.Context, sub Submission, a *Accepted) (record, error) {
	r, err := d.identify(ctx, sub)
	if err != nil {
		return record{}, err
	}
	if other, twice := d.seen[r.row]; twice && r.row != 0 {
		return record{}, errorf(ErrConflict, "it is the same post as %s; keep one of the two files", other)
	}
	if r.row != 0 && r.Source == sub.Path && r.file.digest != nil && bytes.Equal(r.file.digest, sub.digest()) {
		a.Action, a.Was = PostUnchanged, r.State
		d.seen[r.row] = sub.name()
		return r, nil
	}
	if r.row == 0 {
		if left, err := d.leave(ctx, sub, a); err != nil || left {
			return record{Post: post.Post{Source: sub.Path}}, err
		}
	}
	a.Was = r.State
	a.Warnings = append(a.Warnings, sub.Source.Warnings...)
	err = d.take(ctx, &r, sub, a)
	d.seen[r.row] = sub.name()
	return r, err
}

// take makes of r, a new or a known post, what the file says, and stores it.
func (d *desk) take(ctx context.Context, r *record, sub Submission, a *Accepted) error {
	old := *r
	if err := d.neverUsed(ctx, r.row, sub.Source.GUID); err != nil {
		return err
	}
	warnings, err := d.revise(ctx, r, sub)
	if err != nil {
		return err
	}
	a.Warnings = append(a.Warnings, warnings...)
	a.Action = r.actionSince(old)
	d.visible = d.visible || r.visibleSince(old)
	if err := save(ctx, d.hot, old, r, d.o.Now); err != nil {
		return err
	}
	_, err = d.exec(ctx, `DELETE FROM deleted_file WHERE source = ?`, sub.Path) // a post lies there again
	return err
}

func (s Submission) digest() []byte {
	if s.Digest == [32]byte{} {
		return nil
	}
	return s.Digest[:]
}

// revise makes of r the post that the file asks for.
func (d *desk) revise(ctx context.Context, r *record, sub Submission) (warnings []string, err error) {
	old := *r
	src := sub.Source
	src.Date, src.LastMod = stored(src.Date), stored(src.LastMod)
	if old.row == 0 {
		r.begin(src, d.o)
	}
	warnings, err = d.choose(ctx, r, sub)
	if err != nil {
		return nil, err
	}
	if sub.Path != "" {
		r.Source, r.file.digest = sub.Path, sub.digest()
	}
	r.Content = src.Content
	if r.content, err = encode(src.Content); err != nil {
		return nil, err
	}
	if r.content != old.content {
		r.Revision++
	}
	warnings = append(warnings, r.follow(src, d.o.Now, d.o.Backdate)...)
	warnings = append(warnings, r.wishIgnored(old)...)
	r.stamp(old, src.LastMod, d.o.Now)
	return warnings, nil
}
