package main

import (
	"cmp"
	"context"
	"slices"

	"postrider/scheduler"
)

// cutting is an issue to be made.
type cutting struct {
	digest string // "" for a post sent by hand
	cutter *scheduler.Cutter
	plan   scheduler.Plan
	do     func(context.Context) (scheduler.Cut, error)
}

// sendCut makes an issue and delivers it, with any of the same digest that an
// earlier run left open. The first readers get it while others are still being
// added: to write down a million takes longer than to begin.
func (s *session) sendCut(ctx context.Context, c cutting, o sending) error {
	var sent []string
	var sendErr error
	begun := make(chan struct{})
	sending, stop := context.WithCancel(ctx)
	defer stop()
	run := s.beginCut(ctx, c, begun, stop, o.queue)
	if !o.queue && begins(begun, run.ended) {
		if sent, sendErr = s.store.OpenIssues(ctx, c.digest); sendErr == nil {
			sendErr = s.deliver(sending, sent) // until the cut, too, has ended
		}
	}
	<-run.ended
	for _, w := range run.cut.Warnings {
		s.warn("%s", w)
	}
	if err := cmp.Or(run.err, sendErr); err != nil {
		return s.reportStopped(ctx, sent, err)
	}
	return s.finishSending(ctx, c.digest, run.cut, o.queue, sent)
}

// cutRun is a cut under way.
type cutRun struct {
	ended chan struct{}
	cut   scheduler.Cut // once it has ended
	err   error
}

// beginCut cuts beside what else is done. It closes begun when the issue has its
// first readers, and calls stop if it fails. Where nothing else is done it shows
// how far it has come.
func (s *session) beginCut(ctx context.Context, c cutting, begun chan struct{}, stop func(), alone bool) *cutRun {
	run := &cutRun{ended: make(chan struct{})}
	var bar *progress
	if alone {
		bar = s.progress("cutting")
	}
	first := true
	c.cutter.Progress = func(seen int) {
		if bar != nil {
			bar.set(int64(seen), int64(c.plan.Readers()))
		}
		if first {
			first = false
			close(begun)
		}
	}
	go func() {
		defer close(run.ended)
		if run.cut, run.err = c.do(ctx); run.err != nil {
			stop()
		}
		if bar != nil {
			bar.end()
		}
	}()
	return run
}

// begins waits for either, and tells whether it was begun.
func begins(begun, ended <-chan struct{}) bool {
	select {
	case <-begun:
		return true
	case <-ended:
		return false
	}
}

// finishSending says how the issues that were sent have ended; if there are none
// yet, it sends or queues those that are open.
func (s *session) finishSending(ctx context.Context, digest string, cut scheduler.Cut, queue bool, sent []string) error {
	told := context.WithoutCancel(ctx) // of what is over no interrupt keeps the report
	if len(sent) > 0 {
		return s.reportSent(told, sent, cut)
	}
	ids, err := s.store.OpenIssues(ctx, digest)
	if err != nil {
		return err
	}
	if !cut.Empty() && !slices.Contains(ids, cut.Issue.ID) {
		ids = append(ids, cut.Issue.ID) // it has ended already
	}
	switch {
	case len(ids) == 0:
		return s.reportNothing(told, digest)
	case queue:
		return s.reportQueued(ctx, ids, cut)
	}
	if err := s.deliver(ctx, ids); err != nil {
		return s.reportStopped(ctx, ids, err)
	}
	return s.reportSent(told, ids, cut)
}

// reportSent says how issues ended, and that they were earlier ones where the cut made none.
func (s *session) reportSent(ctx context.Context, ids []string, cut scheduler.Cut) error {
	err := s.reportIssues(ctx, ids)
	if cut.Empty() {
		s.say(nothingBeyond)
	}
	return err
}

// reportStopped says how far a send has come that was told to end. It returns err, which
// says more than what may keep it from that.
func (s *session) reportStopped(ctx context.Context, issues []string, err error) error {
	if ctx.Err() != nil && len(issues) > 0 {
		_ = s.reportIssues(context.WithoutCancel(ctx), issues)
	}
	return err
}
