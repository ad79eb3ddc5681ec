package scheduler

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
	"postrider/post"
)

// Plan says who would get what, before anything is rendered or written.
type Plan struct {
	Snapshot newsletter.Snapshot
	Shares   []Share // by number of readers, the largest first

	made time.Time
}

// planKeeps is how long a plan may be old and still be cut from: little more than it
// takes to count a million readers.
const planKeeps = 10 * time.Second

// fresh tells whether an issue may be cut from a plan. One that is empty may not: who
// has joined since would get nothing.
func (p Plan) fresh(now time.Time) bool {
	age := now.Sub(p.made)
	return !p.Empty() && age >= 0 && age < planKeeps
}

// Share is a set of readers who get the same posts.
type Share struct {
	Publications []newsletter.Publication // in the order in which the mail shows them
	Readers      int
}

// Empty tells that nobody would get anything.
func (p Plan) Empty() bool { return len(p.Shares) == 0 }

// Readers is how many would get mail.
func (p Plan) Readers() int {
	n := 0
	for _, s := range p.Shares {
		n += s.Readers
	}
	return n
}

// PlanDigest says what a cut of the digest would hold now.
func (c *Cutter) PlanDigest(ctx context.Context, d newsletter.Digest) (Plan, error) {
	return c.plan(ctx, digestJob(d, ""))
}

// PlanPost says who would get a post that is sent by hand now.
func (c *Cutter) PlanPost(ctx context.Context, p post.Post, again bool) (Plan, error) {
	return c.plan(ctx, postJob(p, "", again))
}

func (c *Cutter) plan(ctx context.Context, job job) (Plan, error) {
	now := c.Now()
	snap, err := c.Windows.Snapshot(ctx, job.audience, now)
	if err != nil {
		return Plan{}, err
	}
	if job.through > 0 {
		snap = snap.Through(job.through)
	}
	return Plan{Snapshot: snap, Shares: share(job, snap), made: now}, nil
}

// share gathers the groups that get the same posts. Their order depends on the
// snapshot alone, so that a plan and the cut that follows it agree.
func share(job job, snap newsletter.Snapshot) []Share {
	byKey := make(map[string]*Share)
	for _, g := range snap.Groups {
		pubs := job.choose(snap.Publications, g)
		if len(pubs) == 0 {
			continue
		}
		key := newsletter.VariantKey(pubs)
		if byKey[key] == nil {
			byKey[key] = &Share{Publications: pubs}
		}
		byKey[key].Readers += g.Count
	}
	return slices.SortedFunc(values(byKey), func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Readers, a.Readers),
			cmp.Compare(newsletter.VariantKey(a.Publications), newsletter.VariantKey(b.Publications)))
	})
}

func values(byKey map[string]*Share) iter.Seq[Share] {
	return func(yield func(Share) bool) {
		for _, s := range byKey {
			if !yield(*s) {
				return
			}
		}
	}
}

// ErrNothingNew says that there is no post to compose a message of.
var ErrNothingNew = errors.New("nothing new to send")

// ComposeDigest renders the message that readers who stand like g would get now
// of these publications: like an issue, but stored nowhere.
func (c *Cutter) ComposeDigest(ctx context.Context, d newsletter.Digest, g newsletter.Group, pubs []newsletter.Publication) (mailer.Composed, error) {
	job := digestJob(d, "")
	chosen := job.choose(pubs, g)
	if len(chosen) == 0 {
		return mailer.Composed{}, ErrNothingNew
	}
	return c.preview(ctx, job, chosen)
}

// ComposePost is ComposeDigest for a post that is sent by hand.
func (c *Cutter) ComposePost(ctx context.Context, p post.Post) (mailer.Composed, error) {
	job := postJob(p, "", false)
	return c.preview(ctx, job, []newsletter.Publication{job.post})
}

func (c *Cutter) preview(ctx context.Context, job job, pubs []newsletter.Publication) (mailer.Composed, error) {
	list, err := c.articles().of(ctx, pubs)
	if err != nil {
		return mailer.Composed{}, err
	}
	return c.Composer.Issue(job.letter(c.newIssue(job, Plan{}), list))
}
