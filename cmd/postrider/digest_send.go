package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"postrider/newsletter"
	"postrider/scheduler"
)

// sending is what both commands that mail the list are told.
type sending struct {
	test  string
	yes   bool
	queue bool
}

func (o *sending) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.test, "test", "", "send to `ADDRESS` alone, touching neither list nor ledger")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&o.queue, "queue", false, "only queue it, for another process to deliver")
}

func newDigestSend(a *app) *cobra.Command {
	var o sending
	cmd := &cobra.Command{
		Use:   "send [NAME]",
		Short: "Send a digest now",
		Long: `Cut the digest now, outside its schedule, and deliver it. Readers get what was
published since their last digest; who has nothing new gets nothing. What an
interrupted send left behind is finished first, so running it again is safe; that,
too, is asked about.

Exit status 3 means that some deliveries failed or are uncertain.`,
		Args: usage(cobra.MaximumNArgs(1)),
	}
	o.flags(cmd)
	cmd.RunE = a.inSession(func(ctx context.Context, s *session, args []string) error {
		d, err := s.digest(args)
		if err != nil {
			return err
		}
		if o.test != "" {
			composed, err := s.composePreview(ctx, d)
			if errors.Is(err, scheduler.ErrNothingNew) {
				return s.nothingNew(ctx, d)
			}
			if err != nil {
				return err
			}
			return s.sendTest(ctx, composed, o.test)
		}
		return s.sendDigest(ctx, d, o)
	})
	return cmd
}

func (s *session) sendDigest(ctx context.Context, d newsletter.Digest, o sending) error {
	if err := s.maySend(ctx); err != nil {
		return err
	}
	s.warnOfTrialMail()
	cutter, err := s.cutter()
	if err != nil {
		return err
	}
	if err := s.askToGoOn(ctx, d.Name, o); err != nil {
		return err
	}
	if _, err := cutter.FinishDigest(ctx, d); err != nil {
		return err
	}
	if _, err := s.store.PublishDue(ctx, s.now()); err != nil {
		return err
	}
	plan, err := cutter.PlanDigest(ctx, d)
	if err != nil {
		return err
	}
	if plan.Readers() > 0 {
		question := fmt.Sprintf("Send digest %s with %s to %s?", d.Name,
			count(len(plan.Shares[0].Publications), "post"), count(plan.Readers(), "reader"))
		if err := s.ask(ctx, question, o.yes); err != nil {
			return err
		}
	}
	return s.sendCut(ctx, cutting{d.Name, cutter, plan,
		func(ctx context.Context) (scheduler.Cut, error) { return cutter.DigestByHand(ctx, d, plan) }}, o)
}
