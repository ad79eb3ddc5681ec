package mailer

import (
	"crypto/tls"
	"fmt"
	"strings"
	"testing"
	"time"

	"postrider/mailer/smtptest"
)

func TestSMTPConfig(t *testing.T) {
	tests := []struct {
		cfg  SMTPConfig
		want string // "" is fine
	}{
		{SMTPConfig{Host: "smtp.example.org"}, ""},
		{SMTPConfig{Host: "localhost", Security: NoTLS, Username: "u"}, ""},
		{SMTPConfig{Host: "::1", Security: NoTLS}, ""},
		{SMTPConfig{Host: "smtp.example.org", Security: NoTLS, AllowPlaintext: true}, ""},
		{SMTPConfig{Host: "smtp.example.org", Username: "u", Auth: "xoauth2"}, ""},
		{SMTPConfig{}, "mail.smtp.host is empty"},
		{SMTPConfig{Host: "smtp.example.org:25"}, "the port goes into mail.smtp.port"},
		{SMTPConfig{Host: "h", Port: 70000}, "mail.smtp.port 70000"},
		{SMTPConfig{Host: "h", Security: "ssl"}, `mail.smtp.security "ssl" is unknown`},
		{SMTPConfig{Host: "h", Username: "u", Auth: "ntlm"}, `mail.smtp.auth "ntlm" is unknown`},
		{SMTPConfig{Host: "h", Auth: "xoauth2"}, "mail.smtp.username is empty"},
		{SMTPConfig{Host: "h", HELO: "a b"}, "mail.smtp.helo"},
		{SMTPConfig{Host: "192.0.2.1", Security: NoTLS}, "mail.smtp.allow_plaintext: true"},
		{SMTPConfig{Host: "localhost.example.org", Security: NoTLS, AllowPlaintext: true, Username: "u"}, "the password is not sent"},
	}
	for _, tt := range tests {
		_, err := NewSMTP(tt.cfg)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%+v: %v, want %q", tt.cfg, err, tt.want)
		}
	}
	for security, port := range map[Security]int{"": 587, StartTLS: 587, ImplicitTLS: 465} {
		s, err := NewSMTP(SMTPConfig{Host: "h", Security: security})
		if err != nil || s.cfg.Port != port {
			t.Errorf("%q: port %d, %v; want %d", security, s.cfg.Port, err, port)
		}
	}
}

// opened tells how Open went with a server and a client's settings.
func opened(t *testing.T, opts smtptest.Options, cfg SMTPConfig) (*smtptest.Server, error) {
	t.Helper()
	s := startServer(t, opts)
	cfg.Host, cfg.Port = s.Host(), s.Port()
	transport, err := NewSMTP(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c, err := transport.Open(t.Context())
	if err != nil {
		return s, err
	}
	defer c.Close()
	if _, err := c.Send(t.Context(), envelope(1), letter(1)); err != nil {
		t.Error(err)
	}
	return s, nil
}

func TestSMTPSecurity(t *testing.T) {
	now := time.Now()
	good, pool, err := smtptest.Certificate(now, now.Add(time.Hour), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	wrong, wrongPool, err := smtptest.Certificate(now, now.Add(time.Hour), "mx.example.org")
	if err != nil {
		t.Fatal(err)
	}
	old, oldPool, err := smtptest.Certificate(now.Add(-time.Hour), now.Add(-time.Minute), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	with := func(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} }
	trusting := &tls.Config{RootCAs: pool}
	tests := []struct {
		name string
		opts smtptest.Options
		cfg  SMTPConfig
		want string // "" is success
	}{
		{"starttls", smtptest.Options{TLS: with(good)}, SMTPConfig{TLS: trusting}, ""},
		{"implicit", smtptest.Options{TLS: with(good), Implicit: true}, SMTPConfig{Security: ImplicitTLS, TLS: trusting}, ""},
		{"stripped", smtptest.Options{}, SMTPConfig{TLS: trusting}, "does not offer STARTTLS, and nothing is sent in the clear"},
		{"not trusted", smtptest.Options{TLS: with(good)}, SMTPConfig{}, "an authority this machine does not know"},
		{"wrong name", smtptest.Options{TLS: with(wrong)}, SMTPConfig{TLS: &tls.Config{RootCAs: wrongPool}}, "certificate belongs to another name"},
		{"wrong name, implicit", smtptest.Options{TLS: with(wrong), Implicit: true},
			SMTPConfig{Security: ImplicitTLS, TLS: &tls.Config{RootCAs: wrongPool}}, "certificate belongs to another name"},
		{"expired", smtptest.Options{TLS: with(old)}, SMTPConfig{TLS: &tls.Config{RootCAs: oldPool}}, "certificate has expired"},
		{"tls to a clear port", smtptest.Options{}, SMTPConfig{Security: ImplicitTLS, TLS: trusting}, "does not speak TLS on this port"},
		{"clear to a tls port", smtptest.Options{TLS: with(good), Implicit: true},
			SMTPConfig{TLS: trusting, Timeouts: SMTPTimeouts{Dial: 100 * time.Millisecond}}, "check mail.smtp.port"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := opened(t, tt.opts, tt.cfg)
			if tt.want == "" {
				if err != nil || len(s.Messages()) != 1 {
					t.Errorf("%v, %d messages", err, len(s.Messages()))
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), s.Host()) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if n := s.Count(smtptest.Mail) + s.Count(smtptest.Auth); n != 0 {
				t.Error("the dialogue went on")
			}
		})
	}
}

func TestSMTPLogin(t *testing.T) {
	now := time.Now()
	cert, pool, err := smtptest.Certificate(now, now.Add(time.Hour), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	me := SMTPConfig{Username: "user", Password: "secret", TLS: &tls.Config{RootCAs: pool}}
	for _, security := range []Security{StartTLS, ImplicitTLS, NoTLS} {
		t.Run(string(security), func(t *testing.T) {
			opts := smtptest.Options{Username: "user", Password: "secret"}
			if security != NoTLS {
				opts.TLS, opts.Implicit = config, security == ImplicitTLS
			}
			cfg := me
			cfg.Security = security
			if _, err := opened(t, opts, cfg); err != nil {
				t.Error(err)
			}
			opts.Password = "other"
			if _, err := opened(t, opts, cfg); err == nil || !strings.Contains(err.Error(), "refuses the login") ||
				!strings.Contains(err.Error(), "wrong user name") || strings.Contains(err.Error(), "secret") {
				t.Errorf("a wrong password: %v", err)
			}
			opts.Username = ""
			if _, err := opened(t, opts, cfg); err == nil || !strings.Contains(err.Error(), "offers no login") {
				t.Errorf("a server without login: %v", err)
			}
		})
	}
}

func TestSMTPUnreachable(t *testing.T) {
	s, err := smtptest.Start(smtptest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	host, port := s.Host(), s.Port()
	s.Close()
	transport, err := NewSMTP(SMTPConfig{Host: host, Port: port, Security: NoTLS})
	if err != nil {
		t.Fatal(err)
	}
	_, err = transport.Open(t.Context())
	if want := fmt.Sprintf("mail server %s:%d: the connection is refused", host, port); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
	for _, a := range []struct {
		action smtptest.Action
		dial   time.Duration
		want   string
	}{
		{smtptest.Action{Reply: "554 5.3.2 not you"}, 0, "the server turns us away"},
		{smtptest.Action{Drop: true}, 0, "the server hung up"},
		{smtptest.Action{Hang: true}, 50 * time.Millisecond, "no answer within 50ms"},
	} {
		_, err := opened(t, smtptest.Options{Script: func(smtptest.Step) smtptest.Action { return a.action }},
			SMTPConfig{Security: NoTLS, Timeouts: SMTPTimeouts{Dial: a.dial}})
		if err == nil || !strings.Contains(err.Error(), a.want) {
			t.Errorf("%+v: got %v, want %q", a.action, err, a.want)
		}
	}
}
