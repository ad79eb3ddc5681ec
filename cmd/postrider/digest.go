package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"postrider/newsletter"
	"postrider/store"
)

func newDigest(a *app) *cobra.Command {
	return group("digest", "Plan, preview and send digests",
		newDigestList(a), newDigestPlan(a), newDigestPreview(a), newDigestSend(a))
}

// digest finds the digest that is named, or the only one.
func (s *session) digest(args []string) (newsletter.Digest, error) {
	all := s.cfg.NewsletterDigests()
	if len(args) == 0 {
		if len(all) == 1 {
			return all[0], nil
		}
		if len(all) == 0 {
			return newsletter.Digest{}, fmt.Errorf("no digest is configured; add one under digests: in %s", s.cfg.File)
		}
		return newsletter.Digest{}, usagef("there are several digests; name one of %s", strings.Join(s.cfg.DigestNames(), ", "))
	}
	if d, ok := all.Named(args[0]); ok {
		return d, nil
	}
	return newsletter.Digest{}, fmt.Errorf("no digest is called %q; configured: %s", args[0], strings.Join(s.cfg.DigestNames(), ", "))
}

// digestView is a digest as --json shows it.
type digestView struct {
	Name        string             `json:"name"`
	Cadence     newsletter.Cadence `json:"cadence"`
	Schedule    string             `json:"schedule"`
	Timezone    string             `json:"timezone"`
	Next        *time.Time         `json:"next"`
	Last        *windowView        `json:"last"`
	FirstSeen   *time.Time         `json:"first_seen"`
	New         bool               `json:"new"` // no window of this name was handled yet
	Subscribers int                `json:"subscribers"`

	zone *time.Location
}

type windowView struct {
	Window string                 `json:"window"`
	State  newsletter.WindowState `json:"state"`
	At     *time.Time             `json:"at"`
}

func newDigestList(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the digests, their last and their next issue",
		Args:  usage(cobra.NoArgs),
		RunE: a.inSession(func(ctx context.Context, s *session, _ []string) error {
			views, err := s.digestViews(ctx)
			if err != nil {
				return err
			}
			return list(a, views, "No digest is configured.",
				[]any{"name", "readers", "next", "last", "schedule"},
				func(v digestView) []any {
					return []any{v.Name, v.Subscribers, nextWords(v), lastWords(v), v.Schedule}
				})
		}),
	}
}

func (s *session) digestViews(ctx context.Context) ([]digestView, error) {
	seen, err := s.store.SeeDigests(ctx, s.cfg.DigestNames(), s.now())
	if err != nil {
		return nil, err
	}
	counts, err := s.store.CountSubscribers(ctx)
	if err != nil {
		return nil, err
	}
	var views []digestView
	for _, d := range s.cfg.NewsletterDigests() {
		v := digestView{
			Name: d.Name, Cadence: d.Cadence, Schedule: schedule(d), Timezone: d.Zone.String(),
			Next: instant(d.Next(s.now()).At), FirstSeen: instant(seen[d.Name]),
			Subscribers: counts[newsletter.Active][d.Cadence], zone: d.Zone,
		}
		last, ok, err := s.store.LastWindow(ctx, d.Name)
		if err != nil {
			return nil, err
		}
		if ok {
			v.Last = &windowView{last.Key, last.State, instant(last.At)}
		}
		v.New = !ok
		views = append(views, v)
	}
	return views, nil
}

// schedule says in words when a digest goes out.
func schedule(d newsletter.Digest) string {
	switch d.Cadence {
	case newsletter.Instant:
		return fmt.Sprintf("%s after a post", d.Delay)
	case newsletter.Weekly:
		return fmt.Sprintf("%ss at %s, %s", d.Day, d.At, d.Zone)
	case newsletter.Monthly:
		return fmt.Sprintf("day %d at %s, %s", d.MonthDay, d.At, d.Zone)
	default:
		return fmt.Sprintf("daily at %s, %s", d.At, d.Zone)
	}
}

func lastWords(v digestView) string {
	if v.Last == nil {
		return "never (a new name)"
	}
	return fmt.Sprintf("%s (%s)", stamp(*v.Last.At), v.Last.State)
}

// nextWords is a time in the digest's own zone, which the schedule beside it names.
func nextWords(v digestView) string {
	if v.Next == nil {
		return ""
	}
	return v.Next.In(v.zone).Format("2006-01-02 15:04 MST")
}

func newDigestPlan(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "plan [NAME]",
		Short: "Say what a digest would send now, to how many, and who is left out",
		Args:  usage(cobra.MaximumNArgs(1)),
		RunE: a.inSession(func(ctx context.Context, s *session, args []string) error {
			d, err := s.digest(args)
			if err != nil {
				return err
			}
			view, err := s.planView(ctx, d)
			if err != nil {
				return err
			}
			return s.show(view, func() { s.printPlan(view) })
		}),
	}
}

// planView is a plan as --json shows it.
type planView struct {
	Digest     string         `json:"digest"`
	Recipients int            `json:"recipients"`
	Variants   []shareView    `json:"variants"`
	LeftOut    map[string]int `json:"left_out"`
}

type shareView struct {
	Recipients int        `json:"recipients"`
	Posts      []planPost `json:"posts"`
}

type planPost struct {
	ID     string `json:"id"`
	Slug   string `json:"slug"`
	Title  string `json:"title"`
	Number int64  `json:"number"`
}

func (s *session) planView(ctx context.Context, d newsletter.Digest) (planView, error) {
	cutter, err := s.cutter()
	if err != nil {
		return planView{}, err
	}
	if _, err := s.store.PublishDue(ctx, s.now()); err != nil {
		return planView{}, err
	}
	plan, err := cutter.PlanDigest(ctx, d)
	if err != nil {
		return planView{}, err
	}
	view := planView{Digest: d.Name, Recipients: plan.Readers(), Variants: []shareView{}, LeftOut: map[string]int{}}
	for _, share := range plan.Shares {
		sv := shareView{Recipients: share.Readers}
		for _, pub := range share.Publications {
			p, err := s.planPost(ctx, pub)
			if err != nil {
				return planView{}, err
			}
			sv.Posts = append(sv.Posts, p)
		}
		view.Variants = append(view.Variants, sv)
	}
	for reason, n := range plan.Snapshot.LeftOut {
		view.LeftOut[string(reason)] = n
	}
	return view, nil
}

// planPost names a publication for people. A post that was deleted since keeps
// its id.
func (s *session) planPost(ctx context.Context, pub newsletter.Publication) (planPost, error) {
	p, err := s.store.PostAt(ctx, pub.PostID, pub.Revision)
	if errors.Is(err, store.ErrNotFound) {
		return planPost{ID: pub.PostID, Title: "(deleted)", Number: pub.Number}, nil
	}
	return planPost{pub.PostID, p.Slug, p.Title, pub.Number}, err
}

func (s *session) printPlan(v planView) {
	if v.Recipients == 0 {
		fmt.Fprintf(s.out, "%s: nothing to send.\n", v.Digest)
	} else {
		fmt.Fprintf(s.out, "%s: %s in %s\n", v.Digest, count(v.Recipients, "reader"), count(len(v.Variants), "variant"))
	}
	for _, share := range v.Variants {
		fmt.Fprintf(s.out, "\n%s for %s:\n", count(len(share.Posts), "post"), count(share.Recipients, "reader"))
		for _, p := range share.Posts {
			fmt.Fprintf(s.out, "  %s  (%s)\n", p.Title, p.Slug)
		}
	}
	if len(v.LeftOut) > 0 {
		fmt.Fprintln(s.out, "\nLeft out:")
		for _, reason := range newsletter.Reasons() {
			if n := v.LeftOut[string(reason)]; n > 0 {
				fmt.Fprintf(s.out, "  %6d  %s\n", n, reason.Describe())
			}
		}
	}
}
