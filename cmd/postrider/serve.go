package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"postrider/cmd/postrider/config"
	"postrider/web"
)

// The roles that serve plays.
const (
	roleWeb       = "web"
	roleScheduler = "scheduler"
	roleDeliver   = "deliver"
)

type serveOptions struct {
	roles   []string
	address string
}

func newServe(a *app) *cobra.Command {
	o := serveOptions{roles: []string{roleWeb, roleScheduler, roleDeliver}}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve pages and feeds, keep the schedule, deliver mail",
		Long: `Serve the site: its pages and feeds, the schedule of posts and digests, and the
outbox, in one process. It sees what other commands change, without a signal. Any
number of processes may serve one database on one machine; --role gives each its part.

It logs to stderr: text at a terminal, JSON elsewhere, or as server.log says. Each
mail that failed or was put off is a line with its reader's address; with --verbose so
is each that went out, and each request is one. No token is logged, and of a visitor
neither network address nor browser.

SIGTERM, SIGINT and SIGHUP end it in order, within server.drain; a second SIGTERM or
SIGINT ends it at once.
Under systemd it tells when it is ready, keeps a watchdog fed, and takes sockets.`,
		Example: `  postrider serve
  postrider serve --address 127.0.0.1:9000
  postrider serve --role scheduler,deliver`,
		Args: usage(cobra.NoArgs),
	}
	cmd.Flags().StringSliceVar(&o.roles, "role", o.roles, "play these `ROLES` only: web, scheduler, deliver")
	cmd.Flags().StringVar(&o.address, "address", "", "serve at `HOST:PORT` instead of server.address")
	cmd.RunE = a.inSession(func(ctx context.Context, s *session, _ []string) error {
		if err := o.check(); err != nil {
			return err
		}
		return s.serve(ctx, o)
	})
	return cmd
}

func (o serveOptions) has(role string) bool { return slices.Contains(o.roles, role) }

func (o serveOptions) check() error {
	if len(o.roles) == 0 {
		return usagef("--role names no role; there are web, scheduler and deliver")
	}
	for i, role := range o.roles {
		if slices.Contains(o.roles[:i], role) {
			return usagef("--role names %s twice; did you mean another of web, scheduler, deliver?", role)
		}
		if role != roleWeb && role != roleScheduler && role != roleDeliver {
			return usagef("--role %q is none of web, scheduler, deliver", role)
		}
	}
	if o.address != "" && !o.has(roleWeb) {
		return usagef("--address goes with the role web")
	}
	if o.address == "" {
		return nil
	}
	if err := config.CheckAddress(o.address); err != nil {
		return usagef("--address: %w", err)
	}
	return nil
}

// part is what a role does until ctx ends. Only what it cannot go on without is
// an error, and ends the others too.
type part func(ctx context.Context) error

// serve plays the roles until ctx ends or one of them cannot go on. Whatever can
// be found to be wrong is found before any begins.
func (s *session) serve(ctx context.Context, o serveOptions) error {
	s.thrifty()
	s.log = s.serviceLogger()
	h := &household{session: s, metrics: web.NewMetrics()}
	view, err := s.serveView(ctx, o)
	if err != nil {
		return err
	}
	var parts []part
	if o.has(roleScheduler) {
		if err := h.addScheduler(&parts); err != nil {
			return err
		}
	}
	if o.has(roleDeliver) {
		if err := h.addDeliverer(ctx, &parts); err != nil {
			return err
		}
	}
	if o.has(roleWeb) {
		listeners, err := h.addWeb(ctx, o, &parts)
		if err != nil {
			return err
		}
		view.Addresses = addresses(listeners)
	}
	parts = append(parts, h.watch, h.settle)

	s.announce(view)
	s.warnOfTrial(view.Addresses)
	if err := play(ctx, parts); err != nil {
		return err
	}
	s.log.Info("stopped")
	return nil
}

// play runs parts until ctx ends or one of them cannot go on, and all have ended.
func play(ctx context.Context, parts []part) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, run := range parts {
		group.Go(func() error { return run(ctx) })
	}
	return group.Wait()
}

// serveView is how it begins, as --json shows it.
type serveView struct {
	Addresses []string     `json:"addresses"` // where it listens; none without the role web
	URL       string       `json:"url"`       // of the site
	Roles     []string     `json:"roles"`
	Database  string       `json:"database"`
	Locked    string       `json:"locked"`  // why nothing is sent; "" if it may be
	Digests   []serveDates `json:"digests"` // that it cuts; none without the role scheduler
}

// serveDates is a digest and when it goes out next; Next is null for one that
// follows posts.
type serveDates struct {
	Name     string     `json:"name"`
	Schedule string     `json:"schedule"`
	Next     *time.Time `json:"next"`
}

func (s *session) serveView(ctx context.Context, o serveOptions) (serveView, error) {
	view := serveView{Addresses: []string{}, URL: s.cfg.SiteURL().String(), Roles: o.roles, Database: s.store.Path(), Digests: []serveDates{}}
	lock, err := s.store.Lock(ctx)
	if err != nil {
		return view, err
	}
	view.Locked = lock.Reason()
	if !o.has(roleScheduler) {
		return view, nil
	}
	for _, d := range s.cfg.NewsletterDigests() {
		view.Digests = append(view.Digests, serveDates{d.Name, schedule(d), instant(d.Next(s.now()).At)})
	}
	return view, nil
}

// announce says that it begins, and how.
func (s *session) announce(v serveView) {
	args := []any{"roles", strings.Join(v.Roles, ","), "url", v.URL, "database", v.Database}
	if len(v.Addresses) > 0 {
		args = append(args, "address", strings.Join(v.Addresses, ","))
	}
	for _, d := range v.Digests {
		words := d.Schedule
		if d.Next != nil {
			words += ", next " + d.Next.Format(time.RFC3339)
		}
		args = append(args, "digest."+d.Name, words)
	}
	switch {
	case v.Locked != "":
		args = append(args, "sending", "locked: "+v.Locked+"; if no other database sends in its stead, run `postrider unlock`")
	case slices.Contains(v.Roles, roleDeliver):
		args = append(args, "sending", "allowed")
	}
	s.log.Info("serving", args...)
	if s.json {
		if err := s.printJSON(v); err != nil {
			s.log.Error("stdout cannot be written", "error", err)
		}
	}
}

func addresses(listeners []net.Listener) []string {
	list := make([]string, len(listeners))
	for i, l := range listeners {
		list[i] = fmt.Sprint(l.Addr())
	}
	return list
}
