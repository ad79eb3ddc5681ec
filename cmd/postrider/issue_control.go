package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"postrider/mailer"
	"postrider/newsletter"
	"postrider/store"
)

// onIssue makes a cobra RunE of what a command does with the issue that its first
// argument names: by its id, or the beginning of it.
func (a *app) onIssue(do func(ctx context.Context, s *session, id string) error) func(*cobra.Command, []string) error {
	return a.inSession(func(ctx context.Context, s *session, args []string) error {
		id, err := s.store.IssueID(ctx, args[0])
		if err != nil {
			return err
		}
		return do(ctx, s, id)
	})
}

// byOperator is the note of a pause for which there is no other reason.
const byOperator = "by the operator"

func newIssuePause(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "pause ID",
		Short: "Stop sending an issue until it is resumed",
		Args:  usage(cobra.ExactArgs(1)),
		RunE: a.onIssue(func(ctx context.Context, s *session, id string) error {
			if _, err := s.store.PauseIssue(ctx, id, byOperator); err != nil {
				return err
			}
			return s.reportIssue(ctx, id, "paused")
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
		RunE: a.onIssue(func(ctx context.Context, s *session, id string) error {
			before, err := s.store.Issue(ctx, id)
			if err != nil {
				return err
			}
			if err := s.store.ResumeIssue(ctx, id, s.now()); err != nil {
				return err
			}
			if before.State != newsletter.Paused {
				return s.reportIssue(ctx, id, "not paused:")
			}
			return s.reportIssue(ctx, id, "resumed")
		}),
	}
}

func newIssueCancel(a *app) *cobra.Command {
	var elsewhere bool
	cmd := &cobra.Command{
		Use:   "cancel ID",
		Short: "Send no more of an issue",
		Long: `Send no more of an issue. Readers who have not got it yet will find its posts in
their next digest; not those of whom nobody knows whether they got it ("uncertain"),
who would have them twice. If they are to get it, "postrider issue retry ID --state
uncertain" and "postrider deliver" first.

In a restored or copied database an issue may be open that the other one has sent
long ago. With --sent-elsewhere its readers count as having got it, and no digest
brings them its posts again.`,
		Args: usage(cobra.ExactArgs(1)),
	}
	cmd.Flags().BoolVar(&elsewhere, "sent-elsewhere", false, "another database has sent it: bring its posts to nobody again")
	cmd.RunE = a.onIssue(func(ctx context.Context, s *session, id string) error {
		cancel := s.store.CancelIssue
		if elsewhere {
			cancel = s.store.CancelIssueAsSent
		}
		stopped, err := cancel(ctx, id, s.now())
		if err != nil {
			return err
		}
		if err := s.reportIssue(ctx, id, "cancelled"); err != nil {
			return err
		}
		is, err := s.store.Issue(ctx, id)
		if err != nil {
			return err
		}
		s.sayStopped(is.Digest, stopped, elsewhere)
		return nil
	})
	return cmd
}

// sayStopped says what becomes of the posts of an issue that was cancelled.
func (s *session) sayStopped(digest string, stopped store.Stopped, elsewhere bool) {
	if elsewhere && stopped.All > 0 {
		s.say("  %s not sent it here; no digest brings them its posts again", plural(stopped.All, "reader was", "readers were"))
		return
	}
	switch {
	case stopped.All == stopped.InDoubt: // none was given back
	case digest == "":
		s.say("  who has not got it finds the post in their next digest, unless that is past it or leaves it out; `postrider send` brings it to them")
	default:
		s.say("  its posts come with the next digest of those who have not got it")
	}
	if stopped.InDoubt > 0 {
		s.say("  %s have got it: no digest brings them its posts again", plural(stopped.InDoubt, "reader may", "readers may"))
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
		id, err := s.store.IssueID(ctx, args[0])
		if err != nil {
			return err
		}
		n, err := s.store.RetryDeliveries(ctx, id, wanted, s.now())
		if err != nil {
			return err
		}
		is, err := s.store.Issue(ctx, id)
		if err != nil {
			return err
		}
		tally, err := s.store.Tally(ctx, id)
		if err != nil {
			return err
		}
		return s.show(map[string]any{"id": id, "queued": n}, func() {
			fmt.Fprintf(s.out, "%d queued again%s\n", n, retryWords(is, wanted, n, tally))
		})
	})
	return cmd
}

// bouncedWrongly names the way back for readers whose server said that they have no mailbox.
const bouncedWrongly = "where a server was wrong, `postrider subscriber confirm EMAIL` makes a bounced one active again"

// retryWords says what follows: who sends what was queued again, and what was left.
func retryWords(is newsletter.Issue, wanted []mailer.DeliveryState, queued int64, now mailer.Tally) (words string) {
	again := func(state mailer.DeliveryState) bool { return slices.Contains(wanted, state) }
	if queued > 0 {
		words = "; `postrider deliver` sends them"
		if is.State == newsletter.Paused {
			words += " after `postrider issue resume " + is.ID + "`"
		}
		if again(mailer.Uncertain) {
			words += " (until then, uncertain ones are listed as uncertain)"
		}
	}
	if n := now.Count[mailer.Failed]; n > 0 && again(mailer.Failed) {
		words += fmt.Sprintf("\n%d failed left: their readers may not be mailed any more, or have got a post of it since"+
			"\n  "+bouncedWrongly, n)
	}
	if n := now.Count[mailer.Uncertain]; n > 0 && !again(mailer.Uncertain) {
		words += fmt.Sprintf("\n%d uncertain left: `postrider issue retry %s --state uncertain`", n, is.ID)
	}
	return words
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
