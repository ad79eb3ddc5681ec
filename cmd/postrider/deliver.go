package main

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/spf13/cobra"

	"postrider/mailer"
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
retry, or for a domain that takes no more, is left for the next run. It waits for
the rates of the settings, those of each domain too. Readers whom an interrupted
send left out of its issue are added first.`,
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
	bar.limit = box.Rate
	byDomain := s.crowds("")
	defer byDomain.end()
	// last is box's until it ends; meanwhile it is told how many were tried, and are open again.
	last := newOutcomes()
	var tried, again atomic.Int64
	box.Progress = func(e mailer.Event) {
		if e.Verdict == mailer.Recorded && e.Entry.State != mailer.Sending {
			last.note(e.Entry)
			tried.Store(last.total())
			again.Store(int64(len(last.open)))
		}
	}
	var shown [2]int64
	until := func(ctx context.Context) (bool, error) {
		tally, err := s.store.Tally(ctx, "")
		if err != nil {
			return false, err
		}
		over := tally.Settled()
		open := again.Load() // first: what is tried meanwhile may be open again
		now := [2]int64{tried.Load(), going(tally, over)}
		moved := now[0] != shown[0] || bar.redraws() && (now != shown || now[1] > 0)
		paced := tally.Idle() && !over                // waits for a rate, perhaps for long
		if (moved || paced) && box.Trouble() == nil { // who waits for work, or for room to write, has nothing to tell
			shown = now
			bar.next = nextOf(tally)
			bar.least = byDomain.left(ctx)
			ended := now[0] - open // what was put off is still to come
			bar.setReady(ended, ended+tally.Open(), now[1])
		} else {
			bar.look()
		}
		return untilIdle && over, nil
	}
	if !untilIdle {
		box.Patience = 0 // a relay that is away comes back
	}
	moving := func(ctx context.Context) (bool, error) { return s.store.Moving(ctx, "") }
	err = box.Run(ctx, seldom(bar.every(), moving, until))
	bar.end()
	if err != nil {
		return err
	}
	return cmp.Or(unfinished, s.reportWork(context.WithoutCancel(ctx), last)) // also of a run that was interrupted
}

// outcomes counts what became of deliveries, each once: a later attempt replaces an
// earlier one. Only those that have not ended need remembering.
type outcomes struct {
	count  map[mailer.DeliveryState]int64
	open   map[mailer.Key]mailer.DeliveryState
	putOff string // what a server said to the last that was
	marred bool   // some delivery of an issue failed, or is uncertain
}

func newOutcomes() *outcomes {
	return &outcomes{count: make(map[mailer.DeliveryState]int64), open: make(map[mailer.Key]mailer.DeliveryState)}
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
	if e.State == mailer.Deferred {
		o.putOff = e.Reply
	}
	o.count[e.State]++
	o.marred = o.marred || e.Key.Issue != 0 && (e.State == mailer.Failed || e.State == mailer.Uncertain)
}

func (o *outcomes) total() (n int64) {
	for _, each := range o.count {
		n += each
	}
	return n
}

// pauses notes which issues an outbox pauses.
type pauses struct {
	mu     sync.Mutex
	issues []string
}

// noting is pause, noted.
func (p *pauses) noting(pause func(context.Context, string, string) (bool, error)) func(context.Context, string, string) (bool, error) {
	return func(ctx context.Context, issue, reason string) (bool, error) {
		news, err := pause(ctx, issue, reason)
		if news {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.issues = append(p.issues, issue)
		}
		return news, err
	}
}

// include tells whether an issue is paused and was by this.
func (p *pauses) include(v issueView) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return v.paused() && slices.Contains(p.issues, v.ID)
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
