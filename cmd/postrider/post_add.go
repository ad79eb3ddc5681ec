package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"postrider/post"
	"postrider/store"
)

func newPostAdd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "add FILE…",
		Short: "Store posts from files and publish what is not a draft",
		Long: `Store posts from Markdown or HTML files, all or none of them.

A file that was added before becomes a revision of its post. What its front matter
does not call a draft is published; a date in the future schedules it.`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: a.inSession(func(ctx context.Context, s *session, args []string) error {
			var subs []store.Submission
			var faults []error
			for _, path := range args {
				sub, err := s.readPost(path)
				if err != nil {
					faults = append(faults, err)
					continue
				}
				subs = append(subs, sub)
			}
			if len(faults) > 0 {
				return errors.Join(faults...)
			}
			accepted, err := s.submit(ctx, subs, false)
			if err != nil {
				return err
			}
			return s.reportPosts(accepted)
		}),
	}
}

// readPost reads and parses one file.
func (s *session) readPost(path string) (store.Submission, error) {
	data, err := readFile(path)
	if err != nil {
		return store.Submission{}, err
	}
	return s.parsePost(path, data)
}

// parsePost reads dates that name no zone as the clock on the wall here shows
// them, as --at is read.
func (s *session) parsePost(path string, data []byte) (store.Submission, error) {
	src, err := post.Parse(path, data, post.ParseOptions{Location: time.Local})
	if err != nil {
		return store.Submission{}, err
	}
	if err := s.renderer().Check(src.Content); err != nil {
		return store.Submission{}, &post.ParseError{File: path, Err: err}
	}
	measure(path, &src)
	return store.Submission{Path: s.sourceName(path), Digest: sha256.Sum256(data), Source: src}, nil
}

// readFile reads a whole file, unless it is larger than any post may be.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s is a folder; use `postrider post sync %s`", path, path)
	}
	if err := (post.ParseOptions{}).CheckSize(path, info.Size()); err != nil {
		return nil, err
	}
	// A file that grows, or a pipe, is read no further than it may be.
	data, err := io.ReadAll(io.LimitReader(f, post.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return data, nil
}

// sourceName is the name by which a file is known again: its path from the
// configuration's folder, so that the whole can move; absolute if it lies
// elsewhere.
func (s *session) sourceName(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(s.cfg.Dir(), abs); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return abs
}

// gone tells whether a source that posts came from is no longer there, so that
// a file under a new name can take its place.
func (s *session) gone(source string) bool {
	_, err := os.Stat(s.cfg.Path(filepath.FromSlash(source)))
	return errors.Is(err, fs.ErrNotExist)
}

// submit stores files that were named or found in a folder.
func (s *session) submit(ctx context.Context, subs []store.Submission, found bool) ([]store.Accepted, error) {
	return s.store.SubmitPosts(ctx, subs, store.SubmitOptions{
		Now:      s.now(),
		Site:     s.cfg.SiteURL(),
		Backdate: s.cfg.BackdateLimit(),
		Gone:     s.gone,
		Found:    found,
	})
}

// reportPosts says what became of each file.
func (s *session) reportPosts(accepted []store.Accepted) error {
	type view struct {
		postView
		Action string `json:"action"`
	}
	views := make([]view, len(accepted))
	for i, acc := range accepted {
		views[i] = view{s.viewPost(acc.Post), string(acc.Action)}
		s.warnOf(acc)
	}
	return s.show(views, func() {
		for _, acc := range accepted {
			fmt.Fprintln(s.out, describe(acc))
		}
	})
}

// describe says in one line what became of a post.
func describe(acc store.Accepted) string {
	p := acc.Post
	var b strings.Builder
	fmt.Fprintf(&b, "%-9s %s  %s", acc.Action, p.Slug, p.Title)
	switch {
	case acc.Action == store.PostUnchanged:
	case p.State == post.Draft:
		b.WriteString("  (draft)")
	case p.State == post.Scheduled:
		fmt.Fprintf(&b, "  (scheduled for %s)", stamp(p.Scheduled))
	case p.State == post.Withdrawn:
		b.WriteString("  (withdrawn)")
	case acc.Unmailed != "":
		fmt.Fprintf(&b, "  (published; not mailed: %s)", acc.Unmailed)
	}
	return b.String()
}
