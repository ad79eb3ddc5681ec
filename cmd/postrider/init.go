package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"postrider"
	"postrider/cmd/postrider/config"
)

const firstPost = `---
title: Hello, world
date: %s
tags: [news]
---

This is the first post of this site. Write the next one with
` + "`postrider post new \"My title\"`" + `, or change this file and add it again.

Readers can follow by feed or by mail; both are yours.
`

func newInit(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Begin a site: write config.yaml, a first post and the database",
		Long: `Write config.yaml, a first post and the database into DIR (or the current folder).
What exists already is left as it is. Nothing else is needed: mail goes into a
folder until the configuration names a relay.`,
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return a.initSite(cmd.Context(), dir)
		},
	}
}

// initView is what init made and found, as --json shows it.
type initView struct {
	Directory string   `json:"directory"`
	Written   []string `json:"written"`
	Kept      []string `json:"kept"`
}

func (a *app) initSite(ctx context.Context, dir string) error {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	view := initView{Directory: abs, Written: []string{}, Kept: []string{}}
	// A time with its zone, so that another machine reads the same; the day alone is
	// enough for the name.
	now := a.now()
	files := []struct{ name, content string }{
		{"config.yaml", postrider.Config()},
		{filepath.Join("posts", now.Format(time.DateOnly)+"-hello-world.md"), fmt.Sprintf(firstPost, now.Format(time.RFC3339))},
	}
	for _, f := range files {
		if f.name != "config.yaml" && hasPosts(filepath.Join(dir, "posts")) {
			continue
		}
		if err := view.write(dir, f.name, f.content); err != nil {
			return err
		}
	}
	if err := a.initDatabase(ctx, dir, &view); err != nil {
		return err
	}
	return a.show(view, func() { a.welcome(dir, view) })
}

// hasPosts tells whether a folder of posts is there already: its owner needs no
// first one.
func hasPosts(dir string) bool {
	files, err := postFiles(dir)
	return err == nil && len(files) > 0
}

func (v *initView) write(dir, name, content string) error {
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		v.Kept = append(v.Kept, name)
		return nil
	}
	v.Written = append(v.Written, name)
	return writeNew(path, []byte(content))
}

func (a *app) initDatabase(ctx context.Context, dir string, view *initView) error {
	cfg, err := config.Load(filepath.Join(view.Directory, "config.yaml"), a.getenv)
	if err != nil {
		return err
	}
	name := cfg.Database.URL
	if _, err := os.Stat(cfg.DatabasePath()); err == nil {
		view.Kept = append(view.Kept, name)
	} else {
		view.Written = append(view.Written, name)
	}
	s, err := a.openSession(ctx, cfg)
	if err != nil {
		return err
	}
	return s.store.Close()
}

func (a *app) welcome(dir string, v initView) {
	if len(v.Written) > 0 {
		fmt.Fprintf(a.out, "wrote  %s\n", strings.Join(v.Written, ", "))
	}
	if len(v.Kept) > 0 {
		fmt.Fprintf(a.out, "kept   %s\n", strings.Join(v.Kept, ", "))
	}
	fmt.Fprintln(a.out, "\nNext:")
	if dir != "." {
		fmt.Fprintf(a.out, "  cd %s\n", dir)
	}
	fmt.Fprint(a.out, `  edit config.yaml                               site: and mail.from: say who you are
  postrider post sync posts                      store and publish the posts
  postrider subscriber add you@example.org --confirmed --consent "It is me"
  postrider digest preview                       look at the mail
  postrider digest send                          send it, into ./outbox until you name a relay
  postrider feed render --out public             the feeds, for any web host
`)
}
