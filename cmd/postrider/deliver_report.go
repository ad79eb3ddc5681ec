package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"postrider/mailer"
	"postrider/newsletter"
)

// reportWork says what was done, and which issues wait for the operator. One that was
// paused by this run makes it fail, for nobody may read its log.
func (s *session) reportWork(ctx context.Context, did *outcomes) error {
	done := did.count
	left, err := s.store.Tally(ctx, "")
	if err != nil {
		return err
	}
	paused, err := s.pausedIssues(ctx)
	if err != nil {
		return err
	}
	err = s.show(done, func() {
		if len(done) == 0 && (len(paused) == 0 || left.Open() > 0) {
			fmt.Fprintln(s.out, nothingDone(left))
		}
		for _, state := range slices.Sorted(maps.Keys(done)) {
			fmt.Fprintf(s.out, "%d %s\n", done[state], state)
		}
		if did.marred && done[mailer.Failed]+done[mailer.Uncertain] > 0 {
			fmt.Fprintln(s.out, "  see `postrider issue list`, and `postrider issue deliveries ID --state failed,uncertain`")
		}
		if done[mailer.Deferred] > 0 {
			fmt.Fprintf(s.out, "  put off with: %s\n", did.putOff)
		}
		if len(done) > 0 && left.Open() > 0 {
			fmt.Fprintf(s.out, "left: %s\n", stillOpen(left))
		}
		for _, v := range paused {
			fmt.Fprintf(s.out, "issue %s: %s\n", v.ID, v.tallyWords())
			s.printPause(v)
		}
	})
	switch {
	case err != nil:
		return err
	case slices.ContainsFunc(paused, s.pauses.include):
		return errPaused
	case done[mailer.Failed]+done[mailer.Uncertain] > 0:
		return errIncomplete
	}
	return nil
}

// pausedIssues are those of which mail waits.
func (s *session) pausedIssues(ctx context.Context) ([]issueView, error) {
	standing, err := s.store.Standing(ctx, s.now())
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, is := range standing.Paused {
		ids = append(ids, is.ID)
	}
	return s.issueViews(ctx, ids)
}

func (s *session) printPause(v issueView) {
	resume := "`postrider issue resume " + v.ID + "`"
	switch v.Note {
	case "", byOperator:
		fmt.Fprintf(s.out, "  it is %s; %s lets it go on\n", strings.TrimSpace("paused "+v.Note), resume)
	default:
		fmt.Fprintf(s.out, "  it is paused: %s; see to that, then %s\n", v.Note, resume)
	}
}

// nothingDone says why nothing became of anything.
func nothingDone(left mailer.Tally) string {
	switch {
	case left.Open() == 0:
		return "Nothing to deliver."
	case !left.Idle():
		return "Nothing was sent: " + stillOpen(left) + "."
	}
	return "Nothing to deliver now: " + stillOpen(left) + "."
}

// stillOpen says of mails that have not ended what they wait for.
func stillOpen(left mailer.Tally) string {
	mails := count(left.Open(), "mail")
	switch {
	case !left.Idle():
		return mails + " still queued; `postrider deliver` goes on from here"
	case left.NextDue.IsZero():
		return mails + " left for you to decide, see `postrider issue list`"
	}
	if left.Open() == 1 {
		return "1 mail waiting for its time, " + stamp(left.NextDue)
	}
	return mails + " waiting for their time, the first until " + stamp(left.NextDue)
}

func (v issueView) incomplete() bool {
	return v.Deliveries[mailer.Failed]+v.Deliveries[mailer.Uncertain] > 0
}

// open is how many of its deliveries have not ended.
func (v issueView) open() (n int64) {
	for state, each := range v.Deliveries {
		if state.Open() {
			n += each
		}
	}
	return n
}

func (v issueView) paused() bool { return v.State == newsletter.Paused }

func (s *session) issueViews(ctx context.Context, ids []string) ([]issueView, error) {
	var issues []newsletter.Issue
	for _, id := range ids {
		is, err := s.store.Issue(ctx, id)
		if err != nil {
			return nil, err
		}
		issues = append(issues, is)
	}
	return s.viewIssues(ctx, issues)
}
