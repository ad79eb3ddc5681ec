package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

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
	cutter, err := s.cutter()
	if err != nil {
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
		func(ctx context.Context) (scheduler.Cut, error) { return cutter.Post(ctx, p, again) }}, o)
}

// ask lets a person decide. Where nobody can answer, it refuses: a script has to
// say --yes.
func (s *session) ask(ctx context.Context, question string, yes bool) error {
	if yes {
		return nil
	}
	if !terminal(s.in) {
		return usagef("%s Nobody is there to answer; add --yes", question)
	}
	fmt.Fprintf(s.err, "%s [y/N] ", question)
	answer, err := bufio.NewReader(s.reading(ctx)).ReadString('\n')
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errors.New("nothing was done")
}
