package store

import (
	"fmt"
	"time"

	"postrider/post"
)

// begin makes r a new draft. What becomes of it, follow decides.
func (r *record) begin(src post.Source, o SubmitOptions) {
	r.ID = post.NewID()
	r.Created = o.Now
	r.State = post.Draft
	r.GUID = src.GUID
	if r.GUID == "" {
		r.GUID = post.NewGUID(o.Site, r.Created, r.ID)
	}
}

// follow does what the file newly asks for. A wish that it had before has been
// followed then, or overruled by a command since.
func (r *record) follow(src post.Source, now time.Time, backdate time.Duration) (warnings []string) {
	was := r.file
	r.file.draft, r.file.date = src.Draft, src.Date
	redated := !src.Date.Equal(was.date)
	switch r.State {
	case post.Draft:
		if src.Draft {
			return nil
		}
		if r.row != 0 && !was.draft {
			return []string{fmt.Sprintf("it was taken back and stays a draft; postrider post publish %s publishes it", r.Slug)}
		}
		r.settle(src.Date, now, backdate)
	case post.Scheduled:
		switch {
		case src.Draft && !was.draft:
			r.takeBack()
		case !src.Draft && redated:
			r.settle(src.Date, now, backdate)
		case r.Published.IsZero(): // scheduled again, with what it says now
			r.mayMail = r.MayMail(r.Scheduled, r.Scheduled, backdate)
		}
	case post.Published:
		if src.Draft && !was.draft {
			r.takeBack()
			return nil
		}
		if src.Draft {
			warnings = append(warnings, "it stays published although its front matter says draft: true; take that line out")
		}
		warnings = append(warnings, r.redate(src.Date, redated, now)...)
	case post.Withdrawn:
		if !src.Draft {
			warnings = append(warnings,
				fmt.Sprintf("it stays withdrawn; postrider post publish %s brings it back", r.Slug))
		}
		warnings = append(warnings, r.redate(src.Date, redated, now)...)
	}
	return warnings
}

// settle publishes r, or schedules it if at lies ahead; zero is now. A post that
// comes back keeps its date, its number and what was decided on mail.
func (r *record) settle(at, now time.Time, backdate time.Duration) {
	if at.IsZero() {
		at = now
	}
	first := r.Published.IsZero()
	if first {
		r.mayMail = r.MayMail(at, now, backdate)
	}
	if at.After(now) {
		r.State, r.Scheduled = post.Scheduled, at
		return
	}
	r.State, r.Scheduled = post.Published, time.Time{}
	if first {
		r.Published = at
	}
}

// release publishes r, whose time has come. What was decided when it was
// scheduled stands, however late this is.
func (r *record) release() {
	if r.Published.IsZero() {
		r.Published = r.Scheduled
	}
	r.State, r.Scheduled = post.Published, time.Time{}
}

// takeBack hides r: as a draft if it was never shown.
func (r *record) takeBack() {
	r.Scheduled = time.Time{}
	if r.Published.IsZero() {
		r.State = post.Draft
		return
	}
	r.State = post.Withdrawn
}

// redate changes the date that readers see. It is display only: what is
// published stays so, and its number stands.
func (r *record) redate(date time.Time, changed bool, now time.Time) (warnings []string) {
	switch {
	case !changed || date.IsZero():
	case date.After(now):
		return []string{fmt.Sprintf("date: %s lies ahead, but the post is published already; it keeps the date %s",
			date.Format(time.RFC3339), r.Published.Format(time.RFC3339))}
	default:
		r.Published = date
	}
	return nil
}

// stamp sets when readers last saw a change: when the author says so, else when
// there was one; never before the post's date and never ahead.
func (r *record) stamp(old record, lastMod, now time.Time) {
	switch {
	case !lastMod.IsZero():
		r.Updated = lastMod
	case old.Published.IsZero() && !r.Published.IsZero():
		r.Updated = r.Published
	case r.content != old.content || r.Slug != old.Slug:
		r.Updated = now
	}
	if r.Updated.After(now) {
		r.Updated = now
	}
	if r.Updated.Before(r.Published) {
		r.Updated = r.Published
	}
}

// wishIgnored warns of a change of mail: that comes too late.
func (r *record) wishIgnored(old record) (warnings []string) {
	before, now := old.Mail, r.Mail
	if old.Published.IsZero() || before == now || before != nil && now != nil && *before == *now {
		return nil
	}
	return []string{"mail: counts when a post is first published, which this one has been; to mail it now, use postrider send"}
}

// changedSince tells whether r reads otherwise than old.
func (r *record) changedSince(old record) bool {
	return r.content != old.content || r.Slug != old.Slug || r.State != old.State ||
		!r.Published.Equal(old.Published) || !r.Updated.Equal(old.Updated) || !r.Scheduled.Equal(old.Scheduled)
}

// visibleSince tells whether readers can see a difference between old and r.
func (r *record) visibleSince(old record) bool {
	return (r.State == post.Published || old.State == post.Published) && r.changedSince(old)
}

func (r *record) actionSince(old record) Action {
	switch {
	case old.row == 0:
		return PostCreated
	case r.changedSince(old):
		return PostRevised
	case r.Source != old.Source:
		return PostMoved
	}
	return PostUnchanged
}

// unmailed says why r, if it is published or will be, is in no mail.
func (r *record) unmailed(backdate time.Duration) Unmailed {
	switch {
	case r.mayMail, r.State != post.Published && r.State != post.Scheduled:
		return ""
	case r.Mail != nil && !*r.Mail:
		return UnmailedByWish
	case !r.MayMail(r.Published, r.Created, backdate):
		return UnmailedByDate
	}
	return UnmailedByThePast
}
