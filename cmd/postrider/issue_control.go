package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"postrider/mailer"
)

func newIssuePause(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "pause ID",
		Short: "Stop sending an issue until it is resumed",
		Args:  usage(cobra.ExactArgs(1)),
		RunE: a.inSession(func(ctx context.Context, s *session, args []string) error {
			if err := s.store.PauseIssue(ctx, args[0], "by the operator"); err != nil {
				return err
			}
			return s.reportIssue(ctx, args[0], "paused")
		}),
	}
}

func newIssueResume(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "resume ID",
		Short: "Let a paused issue go on",
		Long: `Let a paused issue go on. "postrider deliver --until-idle" sends what it still
has to send, unless another process works the outbox.`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: a.inSession(func(ctx context.Context, s *session, args []string) error {
			if err := s.store.ResumeIssue(ctx, args[0], s.now()); err != nil {
				return err
			}
			return s.reportIssue(ctx, args[0], "resumed")
		}),
	}
}

func newIssueCancel(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "cancel ID",
		Short: "Send no more of an issue",
		Long: `Send no more of an issue. Readers who have not got it yet will find its posts in
their next digest.`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: a.inSession(func(ctx context.Context, s *session, args []string) error {
			if _, err := s.store.CancelIssue(ctx, args[0], s.now()); err != nil {
				return err
			}
			return s.reportIssue(ctx, args[0], "cancelled")
		}),
	}
}

func newIssueRetry(a *app) *cobra.Command {
	var states []string
	cmd := &cobra.Command{
		Use:   "retry ID",
		Short: "Queue deliveries of an issue again",
		Long: `Queue deliveries of an issue again: those that failed, or with --state uncertain
those of which nobody knows whether they arrived. "postrider deliver --until-idle"
sends them, unless another process works the outbox.`,
		Args: usage(cobra.ExactArgs(1)),
	}
	cmd.Flags().StringSliceVar(&states, "state", []string{string(mailer.Failed)}, "`STATE`: failed, uncertain")
	cmd.RunE = a.inSession(func(ctx context.Context, s *session, args []string) error {
		wanted, err := parseDeliveryStates(states)
		if err != nil {
			return err
		}
		for _, state := range wanted {
			if state != mailer.Failed && state != mailer.Uncertain {
				return usagef("--state takes failed and uncertain, not %s", state)
			}
		}
		n, err := s.store.RetryDeliveries(ctx, args[0], wanted, s.now())
		if err != nil {
			return err
		}
		return s.show(map[string]any{"id": args[0], "queued": n}, func() {
			fmt.Fprintf(s.out, "%d queued again\n", n)
		})
	})
	return cmd
}

func (s *session) reportIssue(ctx context.Context, id, done string) error {
	is, err := s.store.Issue(ctx, id)
	if err != nil {
		return err
	}
	v, err := s.viewIssue(ctx, is)
	if err != nil {
		return err
	}
	return s.show(v, func() { fmt.Fprintf(s.out, "%s issue %s: %s\n", done, v.ID, v.tallyWords()) })
}
