package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"postrider/cmd/postrider/config"
)

// pruneAtOnce is how many deliveries go in one transaction: few enough that a
// sender hardly waits for it.
const pruneAtOnce = 5000

type pruneOptions struct {
	olderThan string
	yes       bool
	shrink    bool
}

func newIssuePrune(a *app) *cobra.Command {
	var o pruneOptions
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Forget who got old issues, to save room",
		Long: `Remove the deliveries and the frozen messages of issues that ended long ago.

The issue stays, with its posts, its pages and how many deliveries ended how. Where
readers stand is not touched, so that no digest brings anything again, and "send"
takes whoever was on the list for one who had the post. Who got the issue, when and
with what reply of the server, is gone; it cannot be retried any more.

The file keeps its size and fills the room again; --shrink gives it back to the disk.
For that it is written anew, which takes as much room once more meanwhile, and nobody
else can write.`,
		Args: usage(cobra.NoArgs),
	}
	cmd.Flags().StringVar(&o.olderThan, "older-than", "400d", "prune what ended before this `SPAN`: 400d, 12h")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&o.shrink, "shrink", false, "also make the file smaller")
	cmd.RunE = a.inSession(func(ctx context.Context, s *session, _ []string) error {
		var span config.Duration
		if err := span.UnmarshalText([]byte(o.olderThan)); err != nil {
			return usagef("--older-than: %w", err)
		}
		return s.pruneIssues(ctx, s.now().Add(-time.Duration(span)), o)
	})
	return cmd
}

// pruneView is what prune did, as --json shows it.
type pruneView struct {
	Before     *time.Time `json:"before"` // what ended before then
	Issues     int64      `json:"issues"`
	Deliveries int64      `json:"deliveries"`
	Bytes      int64      `json:"bytes"`      // of the database
	FreeBytes  int64      `json:"free_bytes"` // of those, for what comes next
}

func (s *session) pruneIssues(ctx context.Context, before time.Time, o pruneOptions) error {
	issues, deliveries, err := s.store.Prunable(ctx, before)
	if err != nil {
		return err
	}
	view := pruneView{Before: instant(before), Issues: issues}
	if issues > 0 {
		question := fmt.Sprintf("Forget who got %s that ended before %s (%s)?", count(issues, "issue"), stamp(before), plural(deliveries, "delivery", "deliveries"))
		if err := s.ask(ctx, question, o.yes); err != nil {
			return err
		}
		if view.Deliveries, err = s.pruneAll(ctx, before, deliveries); err != nil {
			return err
		}
	}
	if o.shrink {
		if err := s.store.Shrink(ctx); err != nil {
			return err
		}
	}
	if view.Bytes, view.FreeBytes, err = s.store.Size(ctx); err != nil {
		return err
	}
	return s.show(view, func() {
		if issues == 0 {
			fmt.Fprintf(s.out, "No issue that ended before %s is left to prune.\n", stamp(before))
		} else {
			fmt.Fprintf(s.out, "pruned %s: %s removed\n", count(issues, "issue"), plural(view.Deliveries, "delivery", "deliveries"))
		}
		fmt.Fprintf(s.out, "The database has %s, %s of them free for what comes next.\n", octets(view.Bytes), octets(view.FreeBytes))
	})
}

// pruneAll removes step by step, so that others find their turn in between.
func (s *session) pruneAll(ctx context.Context, before time.Time, total int64) (removed int64, err error) {
	bar := s.progress("pruning")
	defer bar.end()
	for {
		n, done, err := s.store.Prune(ctx, before, pruneAtOnce, s.now())
		if err != nil || done {
			return removed, err
		}
		removed += n
		bar.set(removed, total)
	}
}

// plural is count for nouns that do not just take an s.
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
