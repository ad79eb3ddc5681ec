package scheduler

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
	"postrider/post"
)

// batch is how many readers one transaction adds to an issue: long enough that
// a commit costs little, short enough that deliveries are not kept waiting.
const batch = 2000

// Cutter makes issues. Its fields are set once, before use.
type Cutter struct {
	Posts      Posts
	Windows    Windows
	Recipients Recipients
	Renderer   *post.Renderer
	Composer   *mailer.Composer
	Now        func() time.Time
	// Progress, if set, hears how many readers an issue has been offered to.
	Progress func(seen int)
}

// Cut is the outcome of a cut.
type Cut struct {
	Issue    newsletter.Issue // zero if there was nothing to send
	Added    int              // deliveries written
	Warnings []string
}

// Empty tells that nobody had anything new: no mail, no issue.
func (c Cut) Empty() bool { return c.Issue.ID == "" }

// Digest cuts one window of a digest. A window that was handled before fails
// with [newsletter.ErrWindowTaken].
func (c *Cutter) Digest(ctx context.Context, d newsletter.Digest, w newsletter.Window) (Cut, error) {
	if _, err := c.Posts.PublishDue(ctx, c.Now()); err != nil {
		return Cut{}, err
	}
	job := digestJob(d, w.Key)
	job.through = w.Through
	return c.cut(ctx, job, Plan{})
}

// DigestByHand cuts a digest now, outside its schedule, under a window of its
// own. Nothing new leaves no trace: the schedule goes on as if it had not been. It
// cuts from plan, which [Cutter.PlanDigest] made, unless posts have changed since or it
// was long ago; the zero plan is none.
func (c *Cutter) DigestByHand(ctx context.Context, d newsletter.Digest, plan Plan) (Cut, error) {
	if _, err := c.Posts.PublishDue(ctx, c.Now()); err != nil {
		return Cut{}, err
	}
	job := digestJob(d, byHand(c.Now()))
	job.traceless = true
	return c.cut(ctx, job, plan)
}

// Post makes an issue of one post for every active reader, except who had it
// before unless again is set. It cuts from a plan of [Cutter.PlanPost] as
// [Cutter.DigestByHand] does.
func (c *Cutter) Post(ctx context.Context, p post.Post, again bool, plan Plan) (Cut, error) {
	return c.cut(ctx, postJob(p, byHand(c.Now()), again), plan)
}

// FinishDigest adds the readers that interrupted cuts of the digest left out. The
// Cut holds the issue that was finished last; several processes may each have
// left one.
func (c *Cutter) FinishDigest(ctx context.Context, d newsletter.Digest) (Cut, error) {
	return c.finish(ctx, digestJob(d, ""))
}

// FinishPosts does the same for a post sent by hand.
func (c *Cutter) FinishPosts(ctx context.Context) (Cut, error) {
	return c.finish(ctx, postJob(post.Post{}, "", false))
}

func (c *Cutter) finish(ctx context.Context, job job) (Cut, error) {
	var done Cut
	for {
		u, ok, err := c.Recipients.UnfinishedIssue(ctx, job.digest)
		if err != nil || !ok {
			return done, err
		}
		job.window, job.audience = u.Issue.Window, u.Audience
		cut, err := c.expand(ctx, job, u.Issue, u.Publications)
		done.Issue = cut.Issue
		done.Added += cut.Added
		done.Warnings = append(done.Warnings, cut.Warnings...)
		if err != nil {
			return done, err
		}
	}
}

// Missed records windows that are too late to be cut, the oldest first; their
// posts go into the next. Those that were handled before stay as they are.
func (c *Cutter) Missed(ctx context.Context, d newsletter.Digest, windows ...newsletter.Window) error {
	job := digestJob(d, "")
	snap, err := c.Windows.Snapshot(ctx, job.audience, c.Now())
	if err != nil {
		return err
	}
	for _, w := range windows {
		err := c.Windows.CloseWindow(ctx, newsletter.Closing{Digest: d.Name, Window: w.Key,
			State: newsletter.WindowMissed, Newest: snap.Newest, Change: snap.Change}, job.audience, c.Now())
		if err != nil && !errors.Is(err, newsletter.ErrWindowTaken) {
			return err
		}
	}
	return nil
}

// cut plans, renders and writes until the posts hold still for the moment of
// writing, then adds the readers. A plan that is fresh is the first to be tried.
func (c *Cutter) cut(ctx context.Context, job job, plan Plan) (Cut, error) {
	for ; ; plan = (Plan{}) {
		var err error
		if !plan.fresh(c.Now()) {
			if plan, err = c.plan(ctx, job); err != nil {
				return Cut{}, err
			}
		}
		if last := plan.Snapshot.Last; last.Unfinished && last.Digest == job.digest {
			// Another process has begun the same a moment ago.
			if _, err := c.finish(ctx, job); err != nil {
				return Cut{}, err
			}
			continue
		}
		if plan.Empty() {
			err = c.closeEmpty(ctx, job, plan)
			if errors.Is(err, newsletter.ErrChanged) {
				continue
			}
			return Cut{}, err
		}
		is := c.newIssue(job, plan)
		variants, warnings, err := c.compose(ctx, job, is, plan)
		if err != nil {
			return Cut{}, err
		}
		is.Subject = variants[0].Subject
		err = c.Windows.WriteIssue(ctx, is, job.audience, plan.Snapshot, variants)
		if errors.Is(err, newsletter.ErrChanged) {
			continue
		}
		if err != nil {
			return Cut{}, err
		}
		done, err := c.expand(ctx, job, is, plan.Snapshot.Publications)
		done.Warnings = append(warnings, done.Warnings...)
		return done, err
	}
}

func (c *Cutter) closeEmpty(ctx context.Context, job job, plan Plan) error {
	if job.traceless {
		return nil
	}
	return c.Windows.CloseWindow(ctx, newsletter.Closing{Digest: job.digest, Window: job.window,
		State: newsletter.WindowEmpty, Newest: plan.Snapshot.Newest, Change: plan.Snapshot.Change}, job.audience, c.Now())
}

func (c *Cutter) newIssue(job job, plan Plan) newsletter.Issue {
	now := c.Now()
	return newsletter.Issue{
		ID:      strings.ToLower(rand.Text()),
		Digest:  job.digest,
		Window:  job.window,
		State:   newsletter.Expanding,
		Newest:  plan.Snapshot.Newest,
		Created: now,
		Expires: now.Add(job.lifetime),
	}
}

// compose renders every variant of a plan, the largest first.
func (c *Cutter) compose(ctx context.Context, job job, is newsletter.Issue, plan Plan) ([]newsletter.Variant, []string, error) {
	var variants []newsletter.Variant
	var warnings []string
	articles := c.articles()
	for _, share := range plan.Shares {
		v, warned, err := c.variant(ctx, articles, job, is, share.Publications)
		if err != nil {
			return nil, nil, err
		}
		variants = append(variants, v)
		warnings = append(warnings, warned...)
	}
	return variants, warnings, nil
}

func (c *Cutter) variant(ctx context.Context, articles *articles, job job, is newsletter.Issue, pubs []newsletter.Publication) (newsletter.Variant, []string, error) {
	list, err := articles.of(ctx, pubs)
	if err != nil {
		return newsletter.Variant{}, nil, err
	}
	composed, err := c.Composer.Issue(job.letter(is, list))
	if err != nil {
		return newsletter.Variant{}, nil, fmt.Errorf("compose the issue: %w", err)
	}
	return newsletter.Variant{
		Key:          newsletter.VariantKey(pubs),
		Publications: pubs,
		Subject:      composed.Subject,
		HTML:         composed.HTML,
		Text:         composed.Text,
		Mould:        composed.Mould.Bytes(),
	}, composed.Warnings, nil
}

// expand adds readers batch by batch. A reader who changed topics since the plan
// may need a variant that nobody needed then; it is made on the way.
func (c *Cutter) expand(ctx context.Context, job job, is newsletter.Issue, pubs []newsletter.Publication) (Cut, error) {
	done := Cut{Issue: is}
	seen := 0
	choose := func(g newsletter.Group) []newsletter.Publication { return job.choose(pubs, g) }
	for {
		step, err := c.Recipients.Expand(ctx, is.ID, batch, c.Now(), choose)
		var missing *newsletter.MissingVariant
		if errors.As(err, &missing) {
			v, warned, err := c.variant(ctx, c.articles(), job, is, missing.Publications)
			if err != nil {
				return done, err
			}
			if err := c.Recipients.AddVariant(ctx, is.ID, v); err != nil {
				return done, err
			}
			done.Warnings = append(done.Warnings, warned...)
			continue
		}
		if err != nil {
			return done, err
		}
		done.Added += step.Added
		seen += step.Seen
		if c.Progress != nil {
			c.Progress(seen)
		}
		if step.Done {
			return done, nil
		}
	}
}

// byHand is a window key that no schedule makes and no second cut repeats.
func byHand(now time.Time) string {
	return fmt.Sprintf("by-hand %s %s", now.UTC().Format(time.RFC3339), strings.ToLower(rand.Text()[:6]))
}
