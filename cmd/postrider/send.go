package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"postrider/post"
	"postrider/scheduler"
)

func newSend(a *app) *cobra.Command {
	var o sending
	var again bool
	cmd := &cobra.Command{
		Use:   "send REF",
		Short: "Mail one post to the list now",
		Long: `Mail one post now to every active subscriber, whatever their cadence and topics,
except who has had it before. Their next digests leave it out.

Exit status 3 means that some deliveries failed or are uncertain.`,
		Args: usage(cobra.ExactArgs(1)),
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&again, "again", false, "also to those who have had it")
	cmd.RunE = a.inSession(func(ctx context.Context, s *session, args []string) error {
		p, err := s.store.Post(ctx, args[0])
		if err != nil {
			return err
		}
		if o.test != "" {
			cutter, err := s.cutter()
			if err != nil {
				return err
			}
			composed, err := cutter.ComposePost(ctx, p)
			if err != nil {
				return err
			}
			return s.sendTest(ctx, composed, o.test)
		}
		return s.sendPost(ctx, p, again, o)
	})
	return cmd
}

func (s *session) sendPost(ctx context.Context, p post.Post, again bool, o sending) error {
	if p.State != post.Published {
		return fmt.Errorf("%s is %s; only a published post goes to the list: postrider post publish %s", p.Slug, p.State, p.Slug)
	}
	if err := s.maySend(ctx); err != nil {
		return err
	}
	s.warnOfTrialMail()
	cutter, err := s.cutter()
	if err != nil {
		return err
	}
	if err := s.askToGoOn(ctx, "", o); err != nil {
		return err
	}
	if _, err := cutter.FinishPosts(ctx); err != nil {
		return err
	}
	plan, err := cutter.PlanPost(ctx, p, again)
	if err != nil {
		return err
	}
	if plan.Readers() > 0 {
		if err := s.ask(ctx, fmt.Sprintf("Send %q to %s?", p.Title, count(plan.Readers(), "reader")), o.yes); err != nil {
			return err
		}
	}
	return s.sendCut(ctx, cutting{"", cutter, plan,
		func(ctx context.Context) (scheduler.Cut, error) { return cutter.Post(ctx, p, again, plan) }}, o)
}
