package mailer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"strings"
	"syscall"
	"time"

	mail "github.com/wneessen/go-mail"
)

// explain says in words why a connection could not be opened: where, what
// happened, what to do.
func (t *SMTP) explain(err error, waited time.Duration) error {
	return fmt.Errorf("mail server %s: %s: %w", t.address(), t.advice(err, waited), err)
}

func (t *SMTP) advice(err error, waited time.Duration) string {
	if errors.Is(err, context.Canceled) {
		return "gave up connecting"
	}
	if words := t.adviceTLS(err); words != "" {
		if t.cfg.Security != NoTLS && Loopback(t.cfg.Host) {
			words += "; to a server of this machine, mail.smtp.security: none is as safe"
		}
		return words
	}
	if words := adviceLogin(err); words != "" {
		return words
	}
	return t.adviceNetwork(err, waited)
}

func (t *SMTP) adviceNetwork(err error, waited time.Duration) string {
	var dns *net.DNSError
	var timeout net.Error
	var reply *textproto.Error
	switch {
	case errors.As(err, &dns):
		return "the name is not found; check mail.smtp.host and this machine's DNS"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection is refused, nothing listens there; check mail.smtp.host and mail.smtp.port"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		within := t.cfg.Timeouts.Dial
		if waited < within { // who asks was in more of a hurry
			within = max(waited.Round(time.Second), time.Second)
		}
		return fmt.Sprintf("no answer within %s; check mail.smtp.port and whether a firewall or provider blocks it", within)
	case errors.As(err, &reply):
		return "the server turns us away, see its words"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return "the server hung up while greeting; check that mail.smtp.security fits mail.smtp.port (starttls 587, tls 465)"
	}
	return "the connection failed; check mail.smtp.host and mail.smtp.port"
}

func (t *SMTP) adviceTLS(err error) string {
	var (
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		unknown x509.UnknownAuthorityError
		record  tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &name):
		return "its certificate belongs to another name; set mail.smtp.host to a name the certificate holds"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired or is not yet valid; it must be renewed there, or this machine's clock is wrong"
	case errors.As(err, &invalid):
		return "its certificate is not valid"
	case errors.As(err, &unknown):
		return "its certificate is signed by an authority this machine does not know"
	case errors.As(err, &record):
		return "it does not speak TLS on this port; security tls goes with port 465, starttls with 587"
	case strings.Contains(err.Error(), "does not support STARTTLS"): // go-mail has no value for it
		return "it does not offer STARTTLS, and nothing is sent in the clear; if that is new, somebody may be listening; " +
			"else use mail.smtp.security: tls with port 465"
	}
	return ""
}

func adviceLogin(err error) string {
	var reply *textproto.Error
	switch {
	case errors.Is(err, mail.ErrNoSupportedAuthDiscovered), errors.Is(err, mail.ErrXOauth2AuthNotSupported):
		return "it offers no way to log in that is known here; ask its operator, or check mail.smtp.auth"
	case strings.Contains(err.Error(), "server does not support SMTP AUTH"): // go-mail has no value for it
		return "it offers no login on this port; check mail.smtp.port, or remove mail.smtp.username"
	case errors.As(err, &reply) && (reply.Code == 535 || reply.Code == 534):
		return "it refuses the login; check mail.smtp.username and mail.smtp.password (many providers want an app password)"
	}
	return ""
}

// loginRefused tells whether a connection failed because the server does not take
// the login (RFC 4954, section 6), which no retry mends.
func loginRefused(err error) bool {
	reply, ok := errors.AsType[*textproto.Error](err)
	return ok && (reply.Code == 534 || reply.Code == 535)
}
