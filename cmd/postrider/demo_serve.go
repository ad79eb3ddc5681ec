package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"postrider/web"
)

// demoFarewell is how long pages under way may take once the demo is to end.
const demoFarewell = 5 * time.Second

// serve shows the demo until ctx ends, and lets pages under way finish.
func (d *demoSite) serve(ctx context.Context, listener net.Listener) error {
	face, err := d.face(ctx)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           face.Handler(),
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

// face is the site of the demo, which shows the mails that went out too.
func (d *demoSite) face(ctx context.Context) (*web.Server, error) {
	parts, err := d.webParts(ctx)
	if err != nil {
		return nil, err
	}
	parts.Outbox = d.cfg.Path(d.cfg.Mail.Maildir.Path)
	return web.New(d.cfg.Web(), parts)
}
