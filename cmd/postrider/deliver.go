package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/spf13/cobra"

	"postrider/mailer"
	"postrider/newsletter"
	"postrider/scheduler"
)

func newDeliver(a *app) *cobra.Command {
	var untilIdle bool
	cmd := &cobra.Command{
		Use:   "deliver",
		Short: "Work the outbox: send what is queued",
		Long: `Work the outbox: send what is queued and try again what was put off, until
interrupted. Any number of processes may do so at once.

With --until-idle it ends when nothing can be sent now: what still waits for a
retry, or for a domain that gets too much, is left for the next run. It waits for
the rates of the settings. Readers whom an interrupted send left out of its
issue are added first.`,
		Args: usage(cobra.NoArgs),
	}
	cmd.Flags().BoolVar(&untilIdle, "until-idle", false, "end when nothing can be sent now")
	cmd.RunE = a.inSession(func(ctx context.Context, s *session, _ []string) error {
		return s.work(ctx, untilIdle)
	})
	return cmd
}

// work runs the outbox for everything there is, and says at its end what it did.
func (s *session) work(ctx context.Context, untilIdle bool) error {
	if err := s.maySend(ctx); err != nil {
		return err
	}
	unfinished := s.finishCuts(ctx) // to be told last: what was written down can be sent all the same
	if ctx.Err() != nil {
		return unfinished
	}
	box, err := s.outbox(ctx)
	if err != nil {
		return err
	}
	bar := s.progress("delivering")
	last := outcomes{map[mailer.DeliveryState]int64{}, map[mailer.Key]mailer.DeliveryState{}} // box's until it ends
	var tried atomic.Int64
	box.Progress = func(e mailer.Event) {
		if e.Verdict == mailer.Recorded && e.Entry.State != mailer.Sending {
			last.note(e.Entry)
			tried.Store(last.total())
		}
	}
	var shown [2]int64
	until := func(ctx context.Context) (bool, error) {
		tally, err := s.store.Tally(ctx, "")
		if err != nil {
			return false, err
		}
		over := tally.Settled()
		now := [2]int64{tried.Load(), going(tally, over)}
		if now[0] != shown[0] || bar.redraws() && (now != shown || now[1] > 0) { // who waits for work has nothing to tell
			shown = now
			bar.setReady(now[0], now[0]+tally.Open(), now[1])
		}
		return untilIdle && over, nil
	}
	if !untilIdle {
		box.Patience = 0 // a relay that is away comes back
	}
	err = box.Run(ctx, s.seldom(bar, nil, until))
	bar.end()
	if err != nil {
		return err
	}
	return cmp.Or(unfinished, s.reportWork(context.WithoutCancel(ctx), last.count)) // also of a run that was interrupted
}

// outcomes counts what became of deliveries, each once: a later attempt replaces an
// earlier one. Only those that have not ended need remembering.
type outcomes struct {
	count map[mailer.DeliveryState]int64
	open  map[mailer.Key]mailer.DeliveryState
}

func (o *outcomes) note(e mailer.Entry) {
	if before, again := o.open[e.Key]; again {
		if o.count[before]--; o.count[before] == 0 {
			delete(o.count, before)
		}
		delete(o.open, e.Key)
	}
	if e.State.Open() {
		o.open[e.Key] = e.State
	}
	o.count[e.State]++
}

func (o *outcomes) total() (n int64) {
	for _, each := range o.count {
		n += each
	}
	return n
}

// finishCuts adds the readers that interrupted cuts left out of their issues: where
// no process serves, nobody else does so before the next send. Where none are left
// out it needs no template.
func (s *session) finishCuts(ctx context.Context) error {
	for _, digest := range append(s.cfg.DigestNames(), "") {
		if err := s.finishCut(ctx, digest); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) finishCut(ctx context.Context, digest string) error {
	if _, unfinished, err := s.store.UnfinishedIssue(ctx, digest); err != nil || !unfinished {
		return err
	}
	cutter, err := s.cutter()
	if err != nil {
		return err
	}
	var cut scheduler.Cut
	if d, ok := s.cfg.NewsletterDigests().Named(digest); ok {
		cut, err = cutter.FinishDigest(ctx, d)
	} else {
		cut, err = cutter.FinishPosts(ctx)
	}
	for _, w := range cut.Warnings {
		s.warn("%s", w)
	}
	return err
}

func (s *session) reportWork(ctx context.Context, done map[mailer.DeliveryState]int64) error {
	left, err := s.store.Tally(ctx, "")
	if err != nil {
		return err
	}
	err = s.show(done, func() {
		if len(done) == 0 {
			fmt.Fprintln(s.out, nothingDone(left))
		}
		for _, state := range slices.Sorted(maps.Keys(done)) {
			fmt.Fprintf(s.out, "%d %s\n", done[state], state)
		}
	})
	if err == nil && done[mailer.Failed]+done[mailer.Uncertain] > 0 {
		return errIncomplete
	}
	return err
}

// nothingDone says why nothing became of anything.
func nothingDone(left mailer.Tally) string {
	waits := count(left.Open(), "mail")
	switch {
	case left.Open() == 0:
		return "Nothing to deliver."
	case !left.Idle():
		return "Nothing was sent: " + waits + " still queued; `postrider deliver` goes on from here."
	case left.NextDue.IsZero():
		return "Nothing to deliver now: " + waits + " left for you to decide, see `postrider issue list`."
	}
	return "Nothing to deliver now: " + waits + " waiting for their time, the first until " + stamp(left.NextDue) + "."
}

// reportQueued says that issues wait for another process.
func (s *session) reportQueued(ctx context.Context, ids []string) error {
	views, err := s.issueViews(ctx, ids)
	if err != nil {
		return err
	}
	return s.show(views, func() {
		for _, v := range views {
			fmt.Fprintf(s.out, "queued issue %s for %s; `postrider deliver` sends it\n", v.ID, count(v.Recipients, "reader"))
		}
	})
}

// reportIssues says how issues ended. Deliveries that failed or are uncertain
// make the exit status 3.
func (s *session) reportIssues(ctx context.Context, ids []string) error {
	views, err := s.issueViews(ctx, ids)
	if err != nil {
		return err
	}
	err = s.show(views, func() {
		for _, v := range views {
			fmt.Fprintf(s.out, "issue %s: %s\n", v.ID, v.tallyWords())
			if v.State == newsletter.Paused {
				fmt.Fprintf(s.out, "  it is paused: %s; see to that, then `postrider issue resume %s`\n", v.Note, v.ID)
			}
			if v.NextDue != nil {
				fmt.Fprintf(s.out, "  the next retry is due at %s; `postrider deliver` makes it\n", stamp(*v.NextDue))
			}
			if v.incomplete() {
				fmt.Fprintf(s.out, "  see `postrider issue deliveries %s --state failed,uncertain`\n", v.ID)
			}
		}
	})
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(views, issueView.paused); i >= 0 {
		return fmt.Errorf("issue %s is paused", views[i].ID) // why stands in the report
	}
	if slices.ContainsFunc(views, issueView.incomplete) {
		return errIncomplete
	}
	return nil
}

func (v issueView) incomplete() bool {
	return v.Deliveries[mailer.Failed]+v.Deliveries[mailer.Uncertain] > 0
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
