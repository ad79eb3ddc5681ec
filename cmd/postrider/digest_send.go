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
interrupted send left behind is finished first, so running it again is safe.

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
	cutter, err := s.cutter()
	if err != nil {
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
	cut, err := s.cut(cutter, plan, func() (scheduler.Cut, error) { return cutter.DigestByHand(ctx, d) })
	if err != nil {
		return err
	}
	return s.finishSending(ctx, d.Name, cut, o)
}

// cut makes an issue, showing how far it has come.
func (s *session) cut(cutter *scheduler.Cutter, plan scheduler.Plan, do func() (scheduler.Cut, error)) (scheduler.Cut, error) {
	bar := s.progress("cutting")
	defer bar.end()
	cutter.Progress = func(seen int) { bar.set(int64(seen), int64(plan.Readers())) }
	cut, err := do()
	for _, w := range cut.Warnings {
		s.warn("%s", w)
	}
	return cut, err
}

// finishSending delivers the issue that was cut, and any of the same digest that
// an earlier run left open.
func (s *session) finishSending(ctx context.Context, digest string, cut scheduler.Cut, o sending) error {
	ids, err := s.store.OpenIssues(ctx, digest)
	if err != nil {
		return err
	}
	if !cut.Empty() && len(ids) == 0 {
		ids = []string{cut.Issue.ID} // ended already: nobody was left to mail
	}
	if len(ids) == 0 {
		return s.show([]issueView{}, func() { fmt.Fprintln(s.out, "Nothing new to send.") })
	}
	if o.queue {
		return s.reportQueued(ctx, ids)
	}
	if err := s.deliver(ctx, ids); err != nil {
		return err
	}
	return s.reportIssues(ctx, ids)
}
