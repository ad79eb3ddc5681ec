package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/activation"

	"postrider/feed"
	"postrider/scheduler"
	"postrider/web"
)

// household is the parts of one process that serves, and what they know of one
// another.
type household struct {
	*session
	duties  []web.Duty // what runs beside the pages
	metrics *web.Metrics
}

// addScheduler keeps the schedule.
func (h *household) addScheduler(parts *[]part) error {
	cutter, err := h.cutter()
	if err != nil {
		return err
	}
	clock := &scheduler.Clock{
		Cutter: cutter, Diary: h.store, Pulse: h.store, Gate: h.store, Attic: h.store, Digests: h.cfg.NewsletterDigests(), Log: h.log,
	}
	h.duties = append(h.duties, web.Duty{Name: roleScheduler, State: func() web.DutyState {
		state := clock.State()
		return web.DutyState{Beat: state.Beat, Done: state.Ticked, Err: state.Err}
	}})
	*parts = append(*parts, func(ctx context.Context) error {
		clock.Run(ctx)
		return nil
	})
	return nil
}

// addDeliverer works the outbox, and tells hubs of changes.
func (h *household) addDeliverer(ctx context.Context, parts *[]part) error {
	box, err := h.outbox(ctx)
	if err != nil {
		return err
	}
	box.Patience = 0 // a relay that is away comes back
	box.DrainTimeout = h.drain()
	box.Progress = h.metrics.Recorded
	d := &deliverer{box: box, gate: h.store, now: h.now, log: h.log, ends: endings{store: h.store, since: h.now()}}
	h.duties = append(h.duties, web.Duty{Name: roleDeliver, State: d.state})
	*parts = append(*parts, d.run)
	pinger := &feed.Pinger{Site: h.cfg.FeedSite(), Pings: h.store, Now: h.now, Log: h.log}
	*parts = append(*parts, func(ctx context.Context) error {
		pinger.Run(ctx)
		return nil
	})
	return nil
}

// addWeb answers requests. The addresses are bound here, so that one that is
// taken is told before anything else begins.
func (h *household) addWeb(ctx context.Context, o serveOptions, parts *[]part) ([]net.Listener, error) {
	p, err := h.webParts(ctx)
	if err != nil {
		return nil, err
	}
	p.Duties, p.Metrics = h.duties, h.metrics
	server, err := web.New(h.cfg.Web(), p)
	if err != nil {
		return nil, err
	}
	address := h.cfg.Server.Address
	if o.address != "" {
		address = o.address
	}
	listeners, err := listen(ctx, address)
	if err != nil {
		return nil, err
	}
	*parts = append(*parts, func(ctx context.Context) error { return server.Serve(ctx, h.drain(), listeners...) })
	return listeners, nil
}

// drain is how long what is under way may take at the end. Something must be
// left of it, because no time at all means the usual one to others.
func (s *session) drain() time.Duration {
	return max(time.Duration(s.cfg.Server.Drain), time.Millisecond)
}

// listen takes the sockets that systemd has opened for this process, or else opens
// one at the address.
func listen(ctx context.Context, address string) ([]net.Listener, error) {
	given, err := activation.Listeners()
	if err != nil {
		return nil, fmt.Errorf("take the sockets of systemd: %w", err)
	}
	if len(given) > 0 {
		return given, nil
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	switch {
	case err == nil:
		return []net.Listener{l}, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%w: another program is there, perhaps another `postrider serve`; choose a free one with --address or server.address", err)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%w: ports below 1024 are for root; put a proxy in front, or let systemd open the socket", err)
	}
	return nil, fmt.Errorf("%w; see --address and server.address", err)
}
