package main

import (
	"context"
	"net"
	"time"

	"postrider/web"
)

// demoFarewell is how long pages under way may take once the demo is to end.
const demoFarewell = 5 * time.Second

// serve shows the demo until ctx ends, and lets pages under way finish. The outbox
// is worked meanwhile, so that who subscribes finds the mail that asks for a
// confirmation among the others.
func (d *demoSite) serve(ctx context.Context, listener net.Listener) error {
	d.log = d.logger()
	h := &household{session: d.session, metrics: web.NewMetrics()}
	var parts []part
	if err := h.addDeliverer(ctx, &parts); err != nil {
		return err
	}
	face, err := d.face(ctx)
	if err != nil {
		return err
	}
	return play(ctx, append(parts, func(ctx context.Context) error { return face.Serve(ctx, demoFarewell, listener) }))
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
