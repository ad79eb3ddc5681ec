package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"postrider/post"
	"postrider/store"
)

func newPostNew(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "new TITLE",
		Short: "Write a new draft file to fill in",
		Long: `Write a Markdown file with front matter, into posts/ if the current folder has
one. It is a draft: take out the line "draft: true" when it is ready, and let
"post sync" or "post add" take it in.`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			name, content, err := post.New(strings.Join(args, " "), a.now())
			if err != nil {
				return err
			}
			if info, err := os.Stat("posts"); err == nil && info.IsDir() { // as init makes it
				name = filepath.Join("posts", name)
			}
			if err := writeNew(name, content); err != nil {
				return err
			}
			return a.show(map[string]string{"path": name}, func() { fmt.Fprintln(a.out, name) })
		},
	}
}

// writeNew writes a file that must not exist yet.
func writeNew(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists already; it was left as it is", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

func newPostPublish(a *app) *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:   "publish REF",
		Short: "Publish a draft or withdrawn post, now or at a time",
		Args:  usage(cobra.ExactArgs(1)),
	}
	cmd.Flags().StringVar(&at, "at", "", "publish at `TIME`: 2026-12-31T09:00, with a zone or in local time")
	cmd.RunE = a.inSession(func(ctx context.Context, s *session, args []string) error {
		when, err := parseTime(at)
		if err != nil {
			return err
		}
		p, err := s.store.Post(ctx, args[0])
		if err != nil {
			return err
		}
		if p, err = s.store.PublishPost(ctx, p.ID, when, s.now(), s.cfg.BackdateLimit()); err != nil {
			return err
		}
		return s.show(s.viewPost(p), func() {
			if p.State == post.Scheduled {
				fmt.Fprintf(s.out, "scheduled %s for %s\n", p.Slug, stamp(p.Scheduled))
				return
			}
			fmt.Fprintf(s.out, "published %s\n  %s\n", p.Slug, post.Permalink(s.cfg.SiteURL(), p.Slug))
			if p.Number == 0 {
				fmt.Fprintln(s.out, "  "+mailWords(p))
			}
		})
	})
	return cmd
}

// parseTime reads a time given on the command line; "" is no time.
func parseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := post.ParseDate(text, time.Local)
	if err != nil {
		return time.Time{}, usageError{err}
	}
	return t, nil
}

func newPostWithdraw(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "withdraw REF",
		Short: "Take a post out of pages, feeds and later digests",
		Long: `Take a post out of pages, feeds and later digests. Its guid and slug stay taken,
so that no reader mistakes another post for it. An issue that was cut with it
goes out as it was frozen.`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: a.inSession(func(ctx context.Context, s *session, args []string) error {
			p, err := s.store.Post(ctx, args[0])
			if err != nil {
				return err
			}
			list, err := s.withdraw(ctx, p.ID)
			if err != nil {
				return err
			}
			return s.show(s.viewPost(list[0].Post), func() { fmt.Fprintf(s.out, "withdrawn %s\n", p.Slug) })
		}),
	}
}

// withdraw takes posts back and warns of mail that still brings them.
func (s *session) withdraw(ctx context.Context, ids ...string) ([]store.Withdrawal, error) {
	list, err := s.store.WithdrawPosts(ctx, s.now(), ids...)
	for _, w := range list {
		for _, id := range w.OpenIssues {
			s.warn("issue %s was cut with %s and still goes out; `postrider issue cancel %s` stops it", id, w.Slug, id)
		}
	}
	return list, err
}

func newPostDelete(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "delete REF",
		Short: "Delete a post with its revisions",
		Long: `Delete a post with its revisions. Its guid and slug stay taken for ever. What was
mailed keeps its record. To hide a post and keep it, use "post withdraw".

No sync takes its file in again, also under another name or edited. "post add"
does, as a new post.`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: a.inSession(func(ctx context.Context, s *session, args []string) error {
			p, err := s.store.Post(ctx, args[0])
			if err != nil {
				return err
			}
			if err := s.store.DeletePost(ctx, p.ID, s.now()); err != nil {
				return err
			}
			if p.Source != "" && !s.gone(p.Source) {
				s.warn("%s is still there; sync leaves it alone from now on, so you may remove it", p.Source)
			}
			return s.show(s.viewPost(p), func() { fmt.Fprintf(s.out, "deleted %s\n", p.Slug) })
		}),
	}
}
