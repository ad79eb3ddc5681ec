package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"postrider/post"
	"postrider/store"
)

func newPostSync(a *app) *cobra.Command {
	var prune bool
	cmd := &cobra.Command{
		Use:   "sync DIR",
		Short: "Store every post of a folder; again and again",
		Long: `Store every Markdown and HTML file of a folder and its subfolders, all or none
of them. Files that did not change are left alone, so that it can run as often as
you like. Files and folders that begin with . or _ are passed over, and so are
files whose post was deleted.

With --prune, published posts whose file is gone from the folder are withdrawn.`,
		Args: usage(cobra.ExactArgs(1)),
	}
	cmd.Flags().BoolVar(&prune, "prune", false, "withdraw posts whose file is gone")
	cmd.RunE = a.inSession(func(ctx context.Context, s *session, args []string) error {
		return s.sync(ctx, args[0], prune)
	})
	return cmd
}

func (s *session) sync(ctx context.Context, dir string, prune bool) error {
	files, err := postFiles(dir)
	if err != nil {
		return err
	}
	known, err := s.store.Sources(ctx)
	if err != nil {
		return err
	}
	changed, err := s.changedPosts(ctx, files, known)
	if err != nil {
		return err
	}
	accepted, err := s.submit(ctx, changed, true)
	if err != nil {
		return err
	}
	report := newSyncReport(len(files), accepted)
	if prune {
		if len(files) == 0 {
			return fmt.Errorf("there is no post in %s, so --prune withdraws nothing; is it the right folder?", dir)
		}
		if report.Withdrawn, err = s.prune(ctx, dir, files); err != nil {
			return err
		}
	}
	for _, acc := range accepted {
		s.warnOf(acc)
	}
	return s.show(report, func() {
		for _, acc := range accepted {
			if acc.Action != store.PostUnchanged && acc.Action != store.PostDeleted {
				fmt.Fprintln(s.out, describe(acc))
			}
		}
		for _, slug := range report.Withdrawn {
			fmt.Fprintf(s.out, "withdrawn %s\n", slug)
		}
		fmt.Fprintln(s.out, report)
	})
}

// syncReport is what a sync did, as --json shows it.
type syncReport struct {
	Files     int      `json:"files"`
	Created   int      `json:"created"`
	Revised   int      `json:"revised"`
	Unchanged int      `json:"unchanged"`
	Deleted   int      `json:"deleted"` // left alone: their posts were deleted
	Withdrawn []string `json:"withdrawn"`
}

func newSyncReport(files int, accepted []store.Accepted) syncReport {
	r := syncReport{Files: files, Withdrawn: []string{}}
	for _, acc := range accepted {
		switch acc.Action {
		case store.PostCreated:
			r.Created++
		case store.PostRevised:
			r.Revised++
		case store.PostDeleted:
			r.Deleted++
		}
	}
	r.Unchanged = files - r.Created - r.Revised - r.Deleted
	return r
}

func (r syncReport) String() string {
	line := fmt.Sprintf("%s: %d new, %d revised, %d withdrawn, %d unchanged",
		count(r.Files, "file"), r.Created, r.Revised, len(r.Withdrawn), r.Unchanged)
	if r.Deleted > 0 {
		line += fmt.Sprintf(", %d deleted", r.Deleted)
	}
	return line
}

// changedPosts parses the files whose bytes differ from what is known of them.
// Every file that cannot be read is told of, not only the first.
func (s *session) changedPosts(ctx context.Context, files []string, known map[string][32]byte) ([]store.Submission, error) {
	var subs []store.Submission
	var faults []error
	bar := s.progress("reading posts")
	defer bar.end()
	for i, path := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		bar.set(int64(i), int64(len(files)))
		data, err := readFile(path)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if digest, ok := known[s.sourceName(path)]; ok && digest == sha256.Sum256(data) {
			continue
		}
		sub, err := s.parsePost(path, data)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		subs = append(subs, sub)
	}
	return subs, errors.Join(faults...)
}

// prune withdraws the published posts whose file was in the folder and is gone. A
// file that is there but is none that sync takes, such as a note that was added by
// name, keeps its post.
func (s *session) prune(ctx context.Context, dir string, files []string) ([]string, error) {
	root := s.sourceName(dir)
	present := make(map[string]bool, len(files))
	for _, path := range files {
		present[s.sourceName(path)] = true
	}
	posts, err := s.store.Posts(ctx, store.PostQuery{States: []post.State{post.Published, post.Scheduled}})
	if err != nil {
		return nil, err
	}
	var lost []string
	for _, p := range posts {
		inside := root == "." && filepath.IsLocal(filepath.FromSlash(p.Source)) || strings.HasPrefix(p.Source, root+"/")
		if p.Source == "" || !inside || present[p.Source] || !s.gone(p.Source) {
			continue
		}
		lost = append(lost, p.ID)
	}
	withdrawn := []string{}
	list, err := s.withdraw(ctx, lost...)
	for _, p := range list {
		withdrawn = append(withdrawn, p.Slug)
	}
	return withdrawn, err
}

// postFiles lists the sources in a folder, in the order of their names. The
// folder may be a link: posts -> releases/42 is how many sites are deployed.
func postFiles(dir string) ([]string, error) {
	var files []string
	if info, err := os.Stat(dir); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is no folder; use `postrider post add %s`", dir, dir)
	}
	dir = strings.TrimRight(dir, string(filepath.Separator)) + string(filepath.Separator) // follows a link
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path != dir && hidden(d.Name()) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		file := d.Type().IsRegular() || d.Type()&fs.ModeSymlink != 0 // reading a pipe might never end
		if file && post.IsSource(path) {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the folder: %w", err)
	}
	slices.Sort(files)
	return files, nil
}

func hidden(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}
