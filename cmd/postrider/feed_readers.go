package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

// feedReaderView is what a reader said last, as --json shows it.
type feedReaderView struct {
	Feed        string `json:"feed"`
	Reader      string `json:"reader"`
	FeedID      string `json:"feed_id"` // "" if it gives none
	Subscribers int64  `json:"subscribers"`
	LastSeen    string `json:"last_seen"` // a day in UTC
}

func newFeedReaders(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "readers",
		Short: "Show how many people read the feeds, as feed readers tell",
		Long: `Show for each feed how many people the online readers (Feedly, Inoreader and others)
say they ask for. Readers that run on one's own machine do not say it, so that the
whole number is larger. Who was silent for 30 days is left out. serve gathers the
figures from User-Agents; nothing of a person is kept.`,
		Args: usage(cobra.NoArgs),
		RunE: a.inSession(func(ctx context.Context, s *session, _ []string) error {
			readers, err := s.store.FeedReaders(ctx)
			if err != nil {
				return err
			}
			views, total := []feedReaderView{}, int64(0)
			for _, r := range readers {
				views = append(views, feedReaderView{r.Feed, r.Reader, r.FeedID, r.Subscribers, r.Day})
				total += r.Subscribers
			}
			err = list(a, views, "No reader has told of subscribers yet.",
				[]any{"feed", "reader", "subscribers", "last seen"},
				func(v feedReaderView) []any { return []any{v.Feed, v.Reader, v.Subscribers, v.LastSeen} })
			if err == nil && len(views) > 0 && !a.json && !a.quiet {
				fmt.Fprintf(a.out, "Together: %s\n", count(total, "subscriber"))
			}
			return err
		}),
	}
}
