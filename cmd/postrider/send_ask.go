package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"postrider/newsletter"
)

// askToGoOn asks before the rest of issues is sent that an earlier send of the same
// digest ("" for posts sent by hand) has left: whoever stopped that may have had a
// reason. What only waits for its time, or is paused, is not sent now.
func (s *session) askToGoOn(ctx context.Context, digest string, o sending) error {
	open, err := s.store.OpenIssues(ctx, digest)
	if err != nil || o.queue {
		return err
	}
	for _, id := range open {
		is, err := s.store.Issue(ctx, id)
		if err != nil {
			return err
		}
		tally, err := s.store.Tally(ctx, id)
		if err != nil {
			return err
		}
		left := count(tally.Open(), "mail") + " left"
		lacks := is.State == newsletter.Expanding
		if lacks {
			left += ", and readers who are not in it yet"
		}
		if is.State == newsletter.Paused || !lacks && tally.Idle() {
			continue
		}
		question := fmt.Sprintf("Issue %s, %q, has not ended: %s. Go on with it?", is.ID, is.Subject, left)
		if err := s.ask(ctx, question, o.yes); err != nil {
			return err
		}
	}
	return nil
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
	if s.answers == nil {
		s.answers = bufio.NewReader(s.reading(ctx))
	}
	fmt.Fprintf(s.err, "%s [y/N] ", question)
	answer, err := s.answers.ReadString('\n')
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errors.New("nothing was done")
}
