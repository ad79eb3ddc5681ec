package main

import (
	"context"
	"fmt"
	"slices"

	"postrider/mailer"
	"postrider/newsletter"
	"postrider/scheduler"
	"postrider/store"
)

// reportNothing says that an issue of this digest ("" for a post sent by hand) has no readers.
func (s *session) reportNothing(ctx context.Context, digest string) error {
	counts, err := s.store.CountSubscribers(ctx)
	if err != nil {
		return err
	}
	cadences, wanted := newsletter.Cadences(), "no reader is active"
	if d, ok := s.cfg.NewsletterDigests().Named(digest); ok {
		cadences, wanted = []newsletter.Cadence{d.Cadence}, "no active reader has cadence "+string(d.Cadence)
	}
	active, pending := 0, 0
	for _, c := range cadences {
		active += counts[newsletter.Active][c]
		pending += counts[newsletter.Pending][c]
	}
	waiting, err := s.waiting(ctx)
	if err != nil {
		return err
	}
	return s.show([]issueView{}, func() {
		switch {
		case active > 0 && waiting > 0:
			fmt.Fprintf(s.out, "Nothing new to send. %s.\n", plural(waiting,
				"mail of another issue waits; `postrider deliver` sends it", "mails of other issues wait; `postrider deliver` sends them"))
		case active > 0:
			fmt.Fprintln(s.out, "Nothing new to send.")
		case pending > 0:
			fmt.Fprintf(s.out, "Nobody to send to: %s; %s yet to confirm.\n", wanted, plural(int64(pending), "has", "have"))
		default:
			fmt.Fprintf(s.out, "Nobody to send to: %s.\n", wanted)
		}
	})
}

// waiting counts the mails of issues that a deliverer sends, now or in time.
func (s *session) waiting(ctx context.Context) (n int64, err error) {
	issues, err := s.store.Issues(ctx, 0)
	if err != nil {
		return 0, err
	}
	for _, is := range issues {
		if is.State != newsletter.Sending && is.State != newsletter.Expanding {
			continue
		}
		tally, err := s.store.Tally(ctx, is.ID)
		if err != nil {
			return 0, err
		}
		n += tally.Open() - tally.Held
	}
	return n, nil
}

// reportQueued says that issues wait for another process: the one that was cut now, if
// any, and what earlier runs have left.
func (s *session) reportQueued(ctx context.Context, ids []string, cut scheduler.Cut) error {
	views, err := s.issueViews(ctx, ids)
	if err != nil {
		return err
	}
	return s.show(views, func() {
		for _, v := range views {
			switch {
			case !cut.Empty() && v.ID == cut.Issue.ID:
				fmt.Fprintf(s.out, "queued issue %s for %s; `postrider deliver` sends it\n", v.ID, count(v.Recipients, "reader"))
			case v.paused():
				fmt.Fprintf(s.out, "issue %s: %d of %d still to be sent\n", v.ID, v.open(), v.Recipients)
				s.printPause(v)
			default:
				fmt.Fprintf(s.out, "issue %s: %d of %d still to be sent; `postrider deliver` sends them\n", v.ID, v.open(), v.Recipients)
			}
		}
		if cut.Empty() {
			fmt.Fprintln(s.out, nothingBeyond)
		}
	})
}

// nothingBeyond is said where a send has found only what earlier ones have left.
const nothingBeyond = "Beyond that there is nothing new to send."

// reportIssues says how issues ended. Deliveries that failed or are uncertain
// make the exit status 3.
func (s *session) reportIssues(ctx context.Context, ids []string) error {
	views, err := s.issueViews(ctx, ids)
	if err != nil {
		return err
	}
	refusals, err := s.refusals(ctx, views)
	if err != nil {
		return err
	}
	bounced := make([]int64, len(views))
	for i, v := range views {
		if bounced[i], err = s.bounced(ctx, v); err != nil {
			return err
		}
	}
	err = s.show(views, func() {
		for i, v := range views {
			fmt.Fprintf(s.out, "issue %s: %s\n", v.ID, v.tallyWords())
			if refusals[i] != "" {
				fmt.Fprintf(s.out, "  put off with: %s\n", refusals[i])
			}
			switch v.State {
			case newsletter.Paused:
				s.printPause(v)
			case newsletter.Expanding:
				fmt.Fprintln(s.out, "  not all its readers are in it yet; the same command adds them, or `postrider deliver`")
			}
			if v.NextDue != nil {
				fmt.Fprintf(s.out, "  the %s is due at %s; `postrider deliver` sends it\n", v.nextWords(), stamp(*v.NextDue))
			}
			if v.held > 0 {
				fmt.Fprintf(s.out, "  %s\n", v.heldWords())
			}
			if v.incomplete() {
				fmt.Fprintf(s.out, "  see `postrider issue deliveries %s --state failed,uncertain`\n", v.ID)
			}
			if bounced[i] > 0 {
				fmt.Fprintf(s.out, "  %s\n  %s, and `postrider issue retry %s` then sends the mail\n",
					plural(bounced[i], "reader has no mailbox, says the server, and is off the list", "readers have no mailbox, say their servers, and are off the list"),
					bouncedWrongly, v.ID)
			}
		}
	})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(views, s.pauses.include) {
		return errPaused
	}
	if i := slices.IndexFunc(views, issueView.paused); i >= 0 {
		return fmt.Errorf("issue %s is paused", views[i].ID) // why stands in the report
	}
	if slices.ContainsFunc(views, issueView.incomplete) {
		return errIncomplete
	}
	return nil
}

// bounced is how many readers are off the list for what was said to this issue or another.
func (s *session) bounced(ctx context.Context, v issueView) (int64, error) {
	if v.Deliveries[mailer.Failed] == 0 {
		return 0, nil
	}
	return s.store.Bounced(ctx, v.ID)
}

// refusals are what was said last to the deliveries of each issue that were put off;
// "" where none was.
func (s *session) refusals(ctx context.Context, views []issueView) ([]string, error) {
	replies := make([]string, len(views))
	for i, v := range views {
		if v.Deliveries[mailer.Deferred] == 0 {
			continue
		}
		p, err := s.store.IssueProgress(ctx, v.ID, s.now())
		if err != nil {
			return nil, err
		}
		deferred := func(e store.DeliveryError) bool { return e.State == mailer.Deferred }
		if last := slices.IndexFunc(p.Errors, deferred); last >= 0 {
			replies[i] = p.Errors[last].Reply
		}
	}
	return replies, nil
}
