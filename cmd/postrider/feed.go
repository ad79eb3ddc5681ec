package main

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"postrider/feed"
	"postrider/web"
)

func newFeed(a *app) *cobra.Command {
	return group("feed", "Render and check the feeds, see who reads them", newFeedRender(a), newFeedCheck(a), newFeedReaders(a))
}

func newFeedRender(a *app) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "render --out DIR",
		Short: "Write every feed as a file, for any web host",
		Long: `Write the RSS, Atom and JSON feeds of the site and of every tag below DIR, named
as their URLs are. Only files whose bytes changed are written.`,
		Args: usage(cobra.NoArgs),
	}
	cmd.Flags().StringVar(&out, "out", "", "the `DIR` to write to")
	cmd.RunE = a.inSession(func(ctx context.Context, s *session, _ []string) error {
		if out == "" {
			return usagef("name the folder to write to with --out DIR")
		}
		channels, err := s.channels(ctx)
		if err != nil {
			return err
		}
		report, err := s.writeFeeds(ctx, out, channels)
		if err != nil {
			return err
		}
		return s.show(report, func() {
			fmt.Fprintf(s.out, "%s: %d written, %d unchanged, %d removed\n",
				count(len(report.Written)+len(report.Unchanged), "feed"), len(report.Written), len(report.Unchanged), len(report.Removed))
		})
	})
	return cmd
}

// writeFeeds brings a folder up to date: new bytes are written, feeds of tags
// that no post has any more are removed.
func (s *session) writeFeeds(ctx context.Context, dir string, channels iter.Seq2[feed.Channel, error]) (feed.Report, error) {
	report, err := feed.Write(ctx, dir, feed.Files(channels))
	if err != nil {
		return report, err
	}
	return report, feed.Prune(ctx, dir, s.cfg.FeedSite(), &report)
}

// channels gives the feeds of the site, after publishing what is due.
func (s *session) channels(ctx context.Context) (iter.Seq2[feed.Channel, error], error) {
	if _, err := s.store.PublishDue(ctx, s.now()); err != nil {
		return nil, err
	}
	return s.library("").Channels(ctx), nil
}

// library says what stands in which feed. Those that are served have a style for
// people who open them in a browser.
func (s *session) library(styleURL string) *feed.Library {
	site := s.cfg.FeedSite()
	site.StyleURL = styleURL
	return &feed.Library{
		Site:     site,
		Items:    s.cfg.Feed.Items,
		Excerpts: s.cfg.Feed.Content == "excerpt",
		Posts:    s.store,
		Archive:  s.store,
		Article:  s.renderer().Article,
	}
}

func newFeedCheck(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Say what feed readers would stumble over",
		Long: `Render every feed and read it as feed readers do. Exit status 1 means that some
would stumble; warnings alone leave it 0.`,
		Args: usage(cobra.NoArgs),
		RunE: a.inSession(func(ctx context.Context, s *session, _ []string) error {
			channels, err := s.channels(ctx)
			if err != nil {
				return err
			}
			problems, failed, err := checkFeeds(channels, s.cfg.Dir(), s.now())
			if err != nil {
				return err
			}
			err = a.show(problems, func() {
				if len(problems) == 0 {
					fmt.Fprintln(a.out, "The feeds are in order.")
				}
				for _, p := range problems {
					fmt.Fprintf(a.out, "%s: %s: %s\n", p.Level, p.Where, p.Message)
				}
			})
			if err == nil && failed > 0 {
				err = fmt.Errorf("%s would make feed readers stumble", count(failed, "problem"))
			}
			return err
		}),
	}
}

// checkFeeds tells each problem once, though a post stands in several feeds, and
// counts the errors among them.
func checkFeeds(channels iter.Seq2[feed.Channel, error], sources string, now time.Time) (problems []feed.Problem, failed int, err error) {
	problems = []feed.Problem{} // an empty list is [], never null
	told := make(map[feed.Problem]bool)
	for c, err := range channels {
		if err != nil {
			return nil, 0, err
		}
		for _, p := range append(feed.CheckChannel(c, now), missingFrom(c, sources)...) {
			if told[p] {
				continue
			}
			told[p] = true
			problems = append(problems, p)
			if p.Level == feed.Error {
				failed++
			}
		}
	}
	return problems, failed, nil
}

// missingFrom tells of files that the posts of a feed show and nobody would get.
func missingFrom(c feed.Channel, sources string) (problems []feed.Problem) {
	for _, a := range c.Articles {
		for _, name := range web.MissingFiles(sources, a) {
			problems = append(problems, feed.Problem{Where: a.Slug, Level: feed.Warning, Message: missing(name)})
		}
	}
	return problems
}
