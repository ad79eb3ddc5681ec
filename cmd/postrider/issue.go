package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"postrider/mailer"
	"postrider/newsletter"
)

func newIssue(a *app) *cobra.Command {
	cmd := group("issue", "See and steer what was sent",
		newIssueList(a), newIssueShow(a), newIssueDeliveries(a),
		newIssuePause(a), newIssueResume(a), newIssueCancel(a), newIssueRetry(a), newIssuePrune(a))
	cmd.Long = `See and steer what was sent. An issue's ID may be cut short to the characters that
no other issue begins with, at least four.`
	return cmd
}

// issueView is an issue as --json shows it.
type issueView struct {
	ID         string                         `json:"id"`
	Digest     string                         `json:"digest"` // "" for a post sent by hand
	Window     string                         `json:"window"`
	Subject    string                         `json:"subject"`
	State      newsletter.IssueState          `json:"state"`
	Note       string                         `json:"note"` // why it is paused
	Created    *time.Time                     `json:"created"`
	Expires    *time.Time                     `json:"expires"`
	Finished   *time.Time                     `json:"finished"`
	Recipients int64                          `json:"recipients"`
	Deliveries map[mailer.DeliveryState]int64 `json:"deliveries"`
	NextDue    *time.Time                     `json:"next_due"` // when the next that waits for its time may go out

	held int64 // uncertain ones that wait for the operator's word, not for a time
}

func (s *session) viewIssue(ctx context.Context, is newsletter.Issue) (issueView, error) {
	tally, err := s.store.Tally(ctx, is.ID)
	if err != nil {
		return issueView{}, err
	}
	v := issueView{
		ID: is.ID, Digest: is.Digest, Window: is.Window, Subject: is.Subject, State: is.State, Note: is.Note,
		Created: instant(is.Created), Expires: instant(is.Expires), Finished: instant(is.Finished),
		Recipients: tally.Total(), Deliveries: map[mailer.DeliveryState]int64{}, held: tally.Held,
	}
	if is.State != newsletter.Paused {
		v.NextDue = instant(tally.NextDue)
	}
	for _, state := range mailer.DeliveryStates() {
		v.Deliveries[state] = tally.Count[state]
	}
	return v, nil
}

func (s *session) viewIssues(ctx context.Context, issues []newsletter.Issue) ([]issueView, error) {
	views := []issueView{}
	for _, is := range issues {
		v, err := s.viewIssue(ctx, is)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, nil
}

// tallyWords says in a line how many deliveries are in which state.
func (v issueView) tallyWords() string {
	var parts []string
	for _, state := range mailer.DeliveryStates() {
		if n := v.Deliveries[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	if len(parts) == 0 {
		return "no deliveries"
	}
	return strings.Join(parts, ", ")
}

// nextWords says what is due next: no retry where nothing was tried in vain.
func (v issueView) nextWords() string {
	if v.Deliveries[mailer.Deferred]+v.Deliveries[mailer.Uncertain] == 0 {
		return "next"
	}
	return "next retry"
}

func newIssueList(a *app) *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List issues, the newest first",
		Args:  usage(cobra.NoArgs),
	}
	cmd.Flags().IntVar(&limit, "limit", 0, "at most `N` issues")
	cmd.RunE = a.inSession(func(ctx context.Context, s *session, _ []string) error {
		issues, err := s.store.Issues(ctx, limit)
		if err != nil {
			return err
		}
		views, err := s.viewIssues(ctx, issues)
		if err != nil {
			return err
		}
		return list(a, views, "No issue was sent yet.",
			[]any{"issue", "date", "digest", "state", "deliveries", "subject"},
			func(v issueView) []any {
				return []any{a.shortID(v.ID), stamp(*v.Created), digestWords(v.Digest), v.State, v.tallyWords(), v.Subject}
			})
	})
	return cmd
}

// shortID is as much of an issue's id as names it, where a person reads it on a
// terminal; elsewhere all of it.
func (a *app) shortID(id string) string {
	const enough = 8
	if a.width() == 0 {
		return id
	}
	return id[:min(len(id), enough)]
}

func digestWords(name string) string {
	if name == "" {
		return "(one post)"
	}
	return name
}

func newIssueShow(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show one issue: its posts, its variants and how its deliveries stand",
		Args:  usage(cobra.ExactArgs(1)),
		RunE: a.onIssue(func(ctx context.Context, s *session, id string) error {
			is, err := s.store.Issue(ctx, id)
			if err != nil {
				return err
			}
			v, err := s.viewIssue(ctx, is)
			if err != nil {
				return err
			}
			variants, err := s.variantViews(ctx, is.ID)
			if err != nil {
				return err
			}
			progress, err := s.progressOf(ctx, is.ID, v.Recipients)
			if err != nil {
				return err
			}
			full := struct {
				issueView
				progressView
				Variants []variantView `json:"variants"`
			}{v, progress, variants}
			return s.show(full, func() {
				s.printIssue(v, progress, variants)
				s.printProgress(progress)
			})
		}),
	}
}

type variantView struct {
	Subject string     `json:"subject"`
	Posts   []planPost `json:"posts"`
}

func (s *session) variantViews(ctx context.Context, issue string) ([]variantView, error) {
	variants, err := s.store.Variants(ctx, issue)
	if err != nil {
		return nil, err
	}
	views := []variantView{}
	for _, v := range variants {
		view := variantView{Subject: v.Subject, Posts: []planPost{}}
		for _, pub := range v.Publications {
			post, err := s.planPost(ctx, pub)
			if err != nil {
				return nil, err
			}
			view.Posts = append(view.Posts, post)
		}
		views = append(views, view)
	}
	return views, nil
}

func (s *session) printIssue(v issueView, p progressView, variants []variantView) {
	s.facts(
		[2]string{"issue", v.ID},
		[2]string{"digest", digestWords(v.Digest)},
		[2]string{"window", v.Window},
		[2]string{"subject", v.Subject},
		[2]string{"state", string(v.State)},
		[2]string{"paused", v.Note},
		[2]string{"trouble", p.Trouble},
		[2]string{"created", stamp(*v.Created)},
		[2]string{"finished", stampOf(v.Finished)},
		[2]string{v.nextWords(), stampOf(v.NextDue)},
		[2]string{"deliveries", v.tallyWords()},
		[2]string{"held", v.heldWords()},
		[2]string{"rate", p.rateWords()},
	)
	for i, variant := range variants {
		fmt.Fprintf(s.out, "\nVariant %d: %s\n", i+1, variant.Subject)
		for _, p := range variant.Posts {
			fmt.Fprintf(s.out, "  %s  (%s)\n", p.Title, p.Slug)
		}
	}
}

func stampOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return stamp(*t)
}
