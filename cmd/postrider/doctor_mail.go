package main

import (
	"context"
	"net"
	"strings"
	"time"

	"postrider/cmd/postrider/config"
	"postrider/mailer"
)

// patienceOfDoctor bounds what it asks of the network.
const patienceOfDoctor = 30 * time.Second

// mail tries the transport, sending nothing, and asks the DNS about the sender.
func (e *examination) mail(ctx context.Context, a *app, cfg *config.Config, selector string) {
	ctx, cancel := context.WithTimeout(ctx, patienceOfDoctor)
	defer cancel()
	e.transport(ctx, a, cfg)
	if cfg.Mail.Transport != "smtp" {
		e.ok("dns", "not asked: no mail leaves this machine")
		return
	}
	dns := a.dns
	if dns == nil {
		dns = net.DefaultResolver
	}
	_, domain, _ := strings.Cut(string(cfg.From().Address), "@")
	for _, r := range mailer.CheckDomain(ctx, dns, domain, selector) {
		*e = append(*e, finding{strings.ToLower(r.Name), r.Grade, r.Words, r.Advice})
	}
}

func (e *examination) transport(ctx context.Context, a *app, cfg *config.Config) {
	s := &session{app: a, cfg: cfg}
	transport, err := s.transport()
	if err != nil {
		e.bad("transport", "see mail: in config.yaml", "%v", err)
		return
	}
	conn, err := transport.Open(ctx)
	if err != nil {
		e.bad("transport", "no mail goes out until this works, and none is lost", "%v", err)
		return
	}
	if err := conn.Close(); err != nil {
		e.doubt("transport", "it was reached; nothing need be done", "%v", err)
		return
	}
	switch {
	case cfg.Mail.Transport != "smtp":
		e.doubt("transport", "set mail.transport: smtp and mail.smtp.host to mail the world", "mail goes into the folder %s", cfg.Path(cfg.Mail.Maildir.Path))
	case cfg.Mail.SMTP.Username == "":
		e.ok("transport", "%s takes us without a login", cfg.Mail.SMTP.Host)
	default:
		e.ok("transport", "%s lets %s in", cfg.Mail.SMTP.Host, cfg.Mail.SMTP.Username)
	}
}
