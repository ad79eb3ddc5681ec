package web

import (
	"strings"
	"testing"
)

func TestTakeApart(t *testing.T) {
	m := takeApart("m1", []byte(letter))
	if m.Subject != "A post horn and a saddle" || m.To != "Tomás <tomas@example.org>" || m.Date.IsZero() {
		t.Errorf("read %+v", m.MailLineView)
	}
	if m.Text != "café au lait" || !strings.HasSuffix(m.HTML, "<p>horn</p></body></html>") {
		t.Errorf("text %q, HTML %q", m.Text, m.HTML)
	}
	if len(m.Header) != 5 || m.Header[2] != (FieldView{"Subject", "A post horn and a saddle"}) {
		t.Errorf("header %q", m.Header)
	}
}

func TestTakeApartWhatIsBroken(t *testing.T) {
	for _, c := range []struct{ name, in, subject, text string }{
		{"no header", "just words", "(unreadable)", "just words"},
		{"no subject", "To: a@example.org\n\nhello", "(no subject)", "hello"},
		{"no type", "Subject: s\nContent-Type: ;;;\n\nhello", "s", "hello"},
		{"unknown charset word", "Subject: =?x-odd?q?a?=\n\nhello", "=?x-odd?q?a?=", "hello"},
		{"no end of parts", "Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello", "s", "hello"},
		{"broken base64", "Subject: s\nContent-Transfer-Encoding: base64\n\naGVsbG8h*", "s", "hello!"},
	} {
		if m := takeApart("m", []byte(c.in)); m.Subject != c.subject || m.Text != c.text {
			t.Errorf("%s: subject %q, text %q; want %q, %q", c.name, m.Subject, m.Text, c.subject, c.text)
		}
	}
}

func FuzzTakeApart(f *testing.F) {
	f.Add([]byte(letter))
	f.Add([]byte(hostileLetter))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n--b--"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m := takeApart("m", data)
		if m.Subject == "" || len(m.Text)+len(m.HTML) > len(data) {
			t.Fatalf("%q gave %+v", data, m)
		}
	})
}
