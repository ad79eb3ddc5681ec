package mailer

import (
	"errors"
	"strings"
	"testing"

	"postrider/mailer/smtptest"
)

func TestSMTPAddresses(t *testing.T) {
	tests := []struct {
		from, to string
		utf8     bool
		fate     Fate
		words    string // of the error; "" if it is sent
	}{
		{"b@example.org", "grüße@example.com", true, 0, ""},
		{"b@example.org", "grüße@example.com", false, Permanent, "does not offer SMTPUTF8"},
		{"grüße@example.org", "a@example.com", false, Retry, "return path"},
		{"b@example.org", "a@example.com>\r\nDATA", true, Permanent, "not an address"},
		{"b>@example.org", "a@example.com", true, Retry, "not an address"},
		{"b@example.org", "", true, Permanent, "not an address"},
	}
	for _, tt := range tests {
		var arg string
		s := startServer(t, smtptest.Options{SMTPUTF8: tt.utf8, Script: func(step smtptest.Step) smtptest.Action {
			if step.Verb == smtptest.Mail {
				arg = step.Arg
			}
			return smtptest.Action{}
		}})
		c := plainConn(t, s, SMTPConfig{})
		_, err := c.Send(t.Context(), Envelope{From: tt.from, To: tt.to}, letter(1))
		if tt.words == "" {
			if err != nil || !strings.HasSuffix(arg, "> SMTPUTF8") {
				t.Errorf("%s: MAIL %q, %v", tt.to, arg, err)
			}
			continue
		}
		serr, ok := errors.AsType[*SendError](err)
		if !ok || serr.Fate != tt.fate || serr.NoMailbox() || !strings.Contains(err.Error(), tt.words) {
			t.Errorf("%s: got %v", tt.to, err)
		}
		if _, err := c.Send(t.Context(), envelope(1), letter(1)); err != nil || arg != "FROM:<bounce@example.org>" {
			t.Errorf("the next message: MAIL %q, %v", arg, err)
		}
	}
}
