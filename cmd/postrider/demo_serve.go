package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"postrider/feed"
	"postrider/post"
	"postrider/store"
	"postrider/web"
)

// demoFarewell is how long pages under way may take once the demo is to end.
const demoFarewell = 5 * time.Second

// serve shows the demo until ctx ends, and lets pages under way finish.
func (d *demoSite) serve(ctx context.Context, listener net.Listener) error {
	pictures, err := os.OpenRoot(d.path("public", "posts"))
	if err != nil {
		return fmt.Errorf("open the pictures: %w", err)
	}
	defer pictures.Close()
	shown, err := d.shown(ctx, pictures.FS())
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           shown.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(d.logger().Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve the demo: %w", err)
	case <-ctx.Done():
	}
	farewell, cancel := context.WithTimeout(context.WithoutCancel(ctx), demoFarewell)
	defer cancel()
	if err := server.Shutdown(farewell); err != nil {
		return errors.Join(fmt.Errorf("stop serving: %w", err), server.Close())
	}
	return nil
}

// shown gathers what the pages show.
func (d *demoSite) shown(ctx context.Context, pictures fs.FS) (web.Demo, error) {
	channels, err := d.channels(ctx)
	if err != nil {
		return web.Demo{}, err
	}
	shown := web.Demo{
		Title:       d.cfg.Site.Title,
		Description: d.cfg.Site.Description,
		Language:    d.cfg.FeedSite().Language,
		Issue:       d.issueHTML,
		Outbox:      d.cfg.Path(d.cfg.Mail.Maildir.Path),
		Files:       pictures,
		Made:        d.now(),
	}
	for f, err := range feed.Files(channels) {
		if err != nil {
			return web.Demo{}, err
		}
		shown.Feeds = append(shown.Feeds, f)
	}
	var articles []post.Article
	for a, err := range d.articles(ctx) {
		if err != nil {
			return web.Demo{}, err
		}
		articles = append(articles, a)
	}
	shown.Posts = articles
	return shown, nil
}

// issueHTML is an issue as most of its readers got it.
func (d *demoSite) issueHTML(ctx context.Context, id string) (string, error) {
	variants, err := d.store.Variants(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && len(variants) == 0 {
		return "", fmt.Errorf("issue %q: %w", id, fs.ErrNotExist)
	}
	if err != nil {
		return "", err
	}
	return variants[0].HTML, nil
}
