package mailer

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	mail "github.com/wneessen/go-mail"
)

// Security is how a connection to an SMTP server is protected.
type Security string

// The ways to protect a connection. None of them falls back to another.
const (
	StartTLS    Security = "starttls" // RFC 3207, usually port 587; refused if the server does not offer it
	ImplicitTLS Security = "tls"      // RFC 8314, usually port 465
	NoTLS       Security = "none"     // clear text: loopback, or with AllowPlaintext
)

// SMTPConfig says how to reach a relay. Zero durations and counts mean the
// defaults named beside them.
type SMTPConfig struct {
	Host     string   // name or IP address
	Port     int      // 0: 587, or 465 with ImplicitTLS
	Security Security // "": StartTLS
	Username string   // "": no authentication
	Password string   // or an OAuth 2 access token, with Auth "xoauth2"
	// Auth is "" for the best of what the server offers of SCRAM, PLAIN, LOGIN
	// and CRAM-MD5, or "xoauth2", which takes a token and is never guessed.
	Auth string
	// AllowPlaintext permits NoTLS off loopback. Even then no password is
	// sent that way.
	AllowPlaintext bool
	// HELO is the name given to the server; "": this host's if it is a full
	// domain name, else an address literal.
	HELO string
	// TLS replaces the default configuration (system roots, TLS 1.2 and later).
	TLS *tls.Config
	// MaxMessages is after how many messages a connection is renewed (100).
	MaxMessages int
	Timeouts    SMTPTimeouts
}

// SMTPTimeouts bound how long a server may be silent. The defaults are those
// of RFC 5321, section 4.5.3.2, but for Dial.
type SMTPTimeouts struct {
	Dial    time.Duration // TCP; then the greeting; then TLS and login together: 1 minute each
	Command time.Duration // MAIL, RCPT, DATA, RSET: 5 minutes
	Write   time.Duration // each 64 KiB of a message: 3 minutes
	Accept  time.Duration // the answer to the final dot: 10 minutes
	Quit    time.Duration // the answer to QUIT: 2 seconds
}

// SMTP is a [Transport] to an SMTP relay. go-mail dials, secures and logs in;
// then messages go over the raw connection, so that every reply is seen and
// told apart. Make one with [NewSMTP].
type SMTP struct{ cfg SMTPConfig }

// NewSMTP checks the configuration; it does not connect. Its errors name the
// setting that is wrong.
func NewSMTP(cfg SMTPConfig) (*SMTP, error) {
	cfg.Security = cmp.Or(cfg.Security, StartTLS)
	cfg.setDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	return &SMTP{cfg}, nil
}

func (c *SMTPConfig) setDefaults() {
	port := 587
	if c.Security == ImplicitTLS {
		port = 465
	}
	c.Port = cmp.Or(c.Port, port)
	c.HELO = cmp.Or(c.HELO, defaultHELO())
	c.MaxMessages = cmp.Or(c.MaxMessages, 100)
	t := &c.Timeouts
	t.Dial = cmp.Or(t.Dial, time.Minute)
	t.Command = cmp.Or(t.Command, 5*time.Minute)
	t.Write = cmp.Or(t.Write, 3*time.Minute)
	t.Accept = cmp.Or(t.Accept, 10*time.Minute)
	t.Quit = cmp.Or(t.Quit, 2*time.Second)
}

func (c *SMTPConfig) check() error {
	switch {
	case c.Host == "":
		return errors.New("mail.smtp.host is empty: give the name of your mail relay")
	case strings.ContainsAny(c.Host, ":/ \r\n") && net.ParseIP(c.Host) == nil:
		return fmt.Errorf("mail.smtp.host %q is not a host name: the port goes into mail.smtp.port", c.Host)
	case c.Port < 1 || c.Port > 65535:
		return fmt.Errorf("mail.smtp.port %d is not a port: want 1 to 65535", c.Port)
	case c.Security != StartTLS && c.Security != ImplicitTLS && c.Security != NoTLS:
		return fmt.Errorf("mail.smtp.security %q is unknown: want starttls, tls or none", c.Security)
	case c.Auth != "" && c.Auth != "xoauth2":
		return fmt.Errorf("mail.smtp.auth %q is unknown: want xoauth2, or nothing for the best that the server offers", c.Auth)
	case c.Username == "" && c.Auth != "":
		return errors.New("mail.smtp.username is empty, but mail.smtp.auth asks to log in")
	case strings.ContainsAny(c.HELO, " \r\n"):
		return fmt.Errorf("mail.smtp.helo %q is not a host name", c.HELO)
	}
	return c.checkPlaintext()
}

func (c *SMTPConfig) checkPlaintext() error {
	if c.Security != NoTLS || Loopback(c.Host) {
		return nil
	}
	if !c.AllowPlaintext {
		return fmt.Errorf("mail.smtp.security is none and %s is another machine: mail would cross the network in the clear; "+
			"use starttls or tls, or set mail.smtp.allow_plaintext: true", c.Host)
	}
	if c.Username != "" {
		return fmt.Errorf("mail.smtp.security is none: the password is not sent to %s in the clear; use starttls or tls, "+
			"or remove mail.smtp.username", c.Host)
	}
	return nil
}

// Loopback tells whether host can only be this machine (RFC 6761, section 6.3).
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

func defaultHELO() string {
	name, err := os.Hostname()
	if err != nil || !strings.Contains(name, ".") || strings.ContainsAny(name, " \r\n") {
		return "[127.0.0.1]"
	}
	return name
}

// Open connects, secures the connection and logs in. Its errors say what
// happened at which host and port, and what to do.
func (t *SMTP) Open(ctx context.Context) (Conn, error) {
	c := &smtpConn{cfg: &t.cfg}
	client, err := t.client(c)
	if err != nil {
		return nil, fmt.Errorf("prepare connection to %s: %w", t.address(), err)
	}
	// go-mail minds ctx while it dials, not in the dialogue that follows.
	began := time.Now()
	dialling, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(dialling, c.abort)
	c.sc, err = client.DialToSMTPClientWithContext(ctx)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		c.abort() // go-mail leaves it open
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, t.explain(err, time.Since(began))
	}
	c.reading.set, c.writing.set = c.tcp.SetReadDeadline, c.tcp.SetWriteDeadline
	c.utf8, _ = c.sc.Extension("SMTPUTF8")
	c.pipelining, _ = c.sc.Extension("PIPELINING")
	return c, nil
}

func (t *SMTP) address() string {
	return net.JoinHostPort(t.cfg.Host, strconv.Itoa(t.cfg.Port))
}

// client makes the go-mail client for one connection: it changes itself while
// it negotiates, and so must not be shared.
func (t *SMTP) client(c *smtpConn) (*mail.Client, error) {
	config := &tls.Config{}
	if t.cfg.TLS != nil {
		config = t.cfg.TLS.Clone()
	}
	config.ServerName = cmp.Or(config.ServerName, t.cfg.Host)
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	options := []mail.Option{
		mail.WithPort(t.cfg.Port),
		mail.WithHELO(t.cfg.HELO),
		mail.WithTimeout(t.cfg.Timeouts.Dial),
		mail.WithTLSConfig(config),
		mail.WithDialContextFunc(t.dialer(c, config)),
	}
	switch t.cfg.Security {
	case StartTLS:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	case ImplicitTLS:
		options = append(options, mail.WithSSL())
	case NoTLS:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	return mail.NewClient(t.cfg.Host, append(options, t.login()...)...)
}

// dialer keeps the TCP connection in c, because closing it is the only way to
// end a dialogue at once. With implicit TLS go-mail leaves the handshake to
// the dialer, and knows a secured connection by its type alone.
func (t *SMTP) dialer(c *smtpConn, config *tls.Config) mail.DialContextFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		var d net.Dialer
		conn, err := d.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		c.setTCP(conn)
		if t.cfg.Security != ImplicitTLS {
			return conn, nil
		}
		secured := tls.Client(conn, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		return secured, nil
	}
}

// login chooses the mechanisms. The list of go-mail's own discovery prefers
// NTLM and CRAM-MD5 to PLAIN; under TLS servers that keep hashed passwords
// can only check PLAIN, LOGIN and SCRAM.
func (t *SMTP) login() []mail.Option {
	if t.cfg.Username == "" {
		return []mail.Option{mail.WithSMTPAuth(mail.SMTPAuthNoAuth)}
	}
	who := []mail.Option{mail.WithUsername(t.cfg.Username), mail.WithPassword(t.cfg.Password)}
	switch {
	case t.cfg.Auth == "xoauth2":
		return append(who, mail.WithSMTPAuth(mail.SMTPAuthXOAUTH2))
	case t.cfg.Security == NoTLS: // on loopback only, see checkPlaintext
		return append(who, mail.WithOpportunisticSMTPAuth(
			mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthCramMD5,
			mail.SMTPAuthPlainNoEnc, mail.SMTPAuthLoginNoEnc))
	}
	return append(who, mail.WithOpportunisticSMTPAuth(
		mail.SMTPAuthSCRAMSHA256PLUS, mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1PLUS, mail.SMTPAuthSCRAMSHA1,
		mail.SMTPAuthPlain, mail.SMTPAuthLogin, mail.SMTPAuthCramMD5))
}
