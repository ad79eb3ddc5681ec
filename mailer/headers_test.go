package mailer

import (
	"bytes"
	"mime"
	"net/mail"
	"strings"
	"testing"
)

func TestIssueHeaders(t *testing.T) {
	c := compose(t, composer(t), weekly(latinPost()))
	msg := checkMessage(t, c.Mould.AppendTo(nil, person()))
	p := person()
	for name, want := range map[string]string{
		"From":                  `"The Ferry House" <news@ferry.example.org>`,
		"To":                    "Robin Reader <reader@example.net>",
		"Reply-To":              "",
		"Date":                  "Mon, 02 Mar 2026 09:00:00 +0100",
		"Message-Id":            "<" + p.MessageToken + "@ferry.example.org>",
		"List-Id":               "The Ferry House <posts.ferry.example.org>",
		"List-Help":             "<https://ferry.example.org/subscribe>",
		"List-Archive":          "<https://ferry.example.org/>",
		"List-Unsubscribe":      "<https://ferry.example.org/unsubscribe/" + p.UnsubscribeToken + ">, <mailto:leave@ferry.example.org?subject=unsubscribe%20" + p.UnsubscribeToken + ">",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
		"Feedback-Id":           "0f3k7m2q9r5tv:weekly:list:ferry.example.org",
		"Auto-Submitted":        "",
		"User-Agent":            "",
		"X-Mailer":              "",
	} {
		if got := msg.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if !bytes.Contains(c.Mould.Bytes(), []byte("\r\nList-Unsubscribe: <https://")) {
		t.Error("the first line of List-Unsubscribe is empty")
	}
	if got := c.Mould.MessageID(p); "<"+got+">" != msg.Header.Get("Message-Id") {
		t.Errorf("MessageID gives %q", got)
	}
}

func TestNoticeHeaders(t *testing.T) {
	m, err := composer(t, german).Notice(ConfirmNotice, NoticeData{Key: "n", ConfirmURL: "https://ferry.example.org/confirm/x", Date: cutDate()})
	if err != nil {
		t.Fatal(err)
	}
	msg := checkMessage(t, m.AppendTo(nil, person()))
	if got := msg.Header.Get("Auto-Submitted"); got != "auto-generated" {
		t.Errorf("Auto-Submitted is %q", got)
	}
	for name := range msg.Header {
		if strings.HasPrefix(name, "List-") {
			t.Errorf("a notice has %s", name)
		}
	}
	if _, err := composer(t).Notice("farewell", NoticeData{}); err == nil {
		t.Error("a notice of no kind was composed")
	}
}

// TestHeadersTakeNoInjection holds that names and titles stay in their header.
func TestHeadersTakeNoInjection(t *testing.T) {
	c := compose(t, composer(t, func(id *Identity) {
		id.Site.Title = "A\r\nX-Evil: 1\r\n\r\n<b>, \"B\" (c) Ünï"
		id.From.Name = "N\nX-Evil: 2"
		id.ReplyTo = Mailbox{"R\r\nX-Evil: 3", "reply@example.org"}
		id.Site.URL.Host = "fähre.example:8443"
	}), weekly(hostilePost()))
	p := person()
	p.Name, p.UnsubscribeToken = "Eve\r\nX-Evil: 4", "a\r\nX-Evil: 5"
	msg := checkMessage(t, c.Mould.AppendTo(nil, p))
	if got := msg.Header.Get("X-Evil"); got != "" {
		t.Errorf("a header was injected: %q", got)
	}
	if got := msg.Header.Get("List-Unsubscribe"); !strings.HasPrefix(got, "<https://xn--fhre-loa.example:8443/unsubscribe/aX-Evil5>") {
		t.Errorf("List-Unsubscribe is %q", got)
	}
	id, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("List-Id"))
	if want := `A X-Evil: 1 <b>, "B" (c) Ünï <posts.xn--fhre-loa.example>`; err != nil || id != want {
		t.Errorf("List-Id is %q, %v; want %q", id, err, want)
	}
}

func TestTo(t *testing.T) {
	for name, want := range map[string]string{
		"":                     "reader@example.net",
		"Robin Reader":         "Robin Reader <reader@example.net>",
		"Dr. R. Reader":        `"Dr. R. Reader" <reader@example.net>`,
		`R "Rob" \ Reader`:     `"R \"Rob\" \\ Reader" <reader@example.net>`,
		"a@b.example":          `"a@b.example" <reader@example.net>`,
		"=?utf-8?q?x?=":        "=?utf-8?b?PT91dGYtOD9xP3g/PQ==?= <reader@example.net>",
		"Zoë":                  "=?utf-8?b?Wm/Dqw==?= <reader@example.net>",
		"  Robin\r\n\tReader ": "Robin Reader <reader@example.net>",
		"\xff":                 "=?utf-8?b?77+9?= <reader@example.net>",
		"Robin Maximilian Alexander Reader of Somewhere Else Again": "Robin Maximilian Alexander Reader of Somewhere Else Again\r\n <reader@example.net>",
	} {
		p := person()
		p.Name = safeName(name)
		if got := string(appendValue(nil, slot{field: fieldTo, context: asHeader}, &p)); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

// checkMessage holds a filled message to the form of RFC 5322 and RFC 2045: one
// of each header, CRLF, lines of at most 78 octets in the body, none of control.
func checkMessage(t *testing.T, message []byte) *mail.Message {
	t.Helper()
	head, _, found := bytes.Cut(message, []byte("\r\n\r\n"))
	if !found {
		t.Fatalf("no end of the header:\n%q", message)
	}
	if bytes.Count(message, []byte("\r\n")) != bytes.Count(message, []byte("\n")) ||
		bytes.Count(message, []byte("\r\n")) != bytes.Count(message, []byte("\r")) {
		t.Error("a CR or LF stands alone")
	}
	if bytes.ContainsFunc(message, func(r rune) bool { return r < ' ' && r != '\r' && r != '\n' && r != '\t' }) {
		t.Error("a control character is in the message")
	}
	for line := range bytes.SplitSeq(message[len(head):], []byte("\r\n")) {
		if len(line) > 76 {
			t.Errorf("line of %d octets in the body: %q", len(line), line)
		}
	}
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if len(line) > 998 || len(bytes.TrimSpace(line)) == 0 {
			t.Errorf("line of %d octets in the header: %q", len(line), line)
		}
	}
	msg := read(t, message)
	for _, name := range []string{"From", "To", "Date", "Subject", "Message-Id", "Mime-Version", "Content-Type"} {
		if n := len(msg.Header[name]); n != 1 {
			t.Errorf("%d headers %s", n, name)
		}
	}
	return msg
}

// A mailto link has no character of an address left that would end it there (RFC
// 6068, section 2).
func TestMailtoAddress(t *testing.T) {
	for address, want := range map[string]string{
		"news@example.org":        "news@example.org",
		"a&b=c;d@example.org":     "a%26b%3Dc%3Bd@example.org",
		"what?#100%@example.org":  "what%3F%23100%25@example.org",
		"news+list/x@example.org": "news+list%2Fx@example.org",
	} {
		if got := mailtoAddress(address); got != want {
			t.Errorf("%s becomes %s, want %s", address, got, want)
		}
	}
}
