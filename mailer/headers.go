package mailer

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	netmail "net/mail"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"postrider/templates"
)

// head is the header of a message to be frozen.
type head struct {
	from, replyTo Mailbox
	subject       string
	date          time.Time
	seed          string              // what makes the boundary differ between issues
	fields        map[string]string   // further fields; the values are ASCII
	unsubscribe   func(string) string // the List-Unsubscribe with a token; nil: none
	unsubscribes  int                 // how often the token stands in it
	names         placeholders
}

// issueHead has what list mail must have: RFC 2369, RFC 2919, RFC 8058 and what
// the large mailbox providers ask for beyond them.
func (c *Composer) issueHead(l Letter, subject string) head {
	site := asciiURL(c.id.Site.URL)
	h := c.head(subject, l.Date, l.IssueID)
	h.fields = map[string]string{
		"List-Id":                  listID(c.site.Title, c.id.ListID),
		"List-Help":                "<" + site.JoinPath("subscribe").String() + ">",
		"List-Archive":             "<" + siteURL(site) + ">",
		"Feedback-ID":              feedbackID(l.IssueID, l.Digest, hostASCII(c.id.Site.URL)),
		"Precedence":               "bulk",
		"X-Auto-Response-Suppress": "OOF, AutoReply",
	}
	return c.leavable(h)
}

// leavable is h with the link that takes its reader off the list at one click (RFC
// 8058, section 3.1: both fields, or programs show no button).
func (c *Composer) leavable(h head) head {
	site := asciiURL(c.id.Site.URL)
	h.fields["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
	h.unsubscribes = 1
	if c.id.Unsubscribe != "" {
		h.unsubscribes = 2
	}
	h.unsubscribe = func(token string) string {
		v := "<" + site.JoinPath("unsubscribe", token).String() + ">"
		if c.id.Unsubscribe != "" {
			v += ", <mailto:" + mailtoAddress(string(c.id.Unsubscribe)) + "?subject=unsubscribe%20" + token + ">"
		}
		return v
	}
	return h
}

// noticeHead marks a mail that a program wrote because of one person's wish
// (RFC 3834, section 5). Who is on the list already can leave it from there; who is
// only asked whether they want to be need not.
func (c *Composer) noticeHead(kind NoticeKind, data NoticeData, subject string) head {
	h := c.head(subject, data.Date, data.Key)
	h.fields = map[string]string{
		"Auto-Submitted":           "auto-generated",
		"X-Auto-Response-Suppress": "OOF, AutoReply",
	}
	if kind == ConfirmNotice {
		return h
	}
	return c.leavable(h)
}

func (c *Composer) head(subject string, date time.Time, seed string) head {
	return head{from: c.id.From, replyTo: c.id.ReplyTo, subject: subject, date: date, seed: seed}
}

// skeleton lets go-mail write the message with placeholders for what is filled
// in: slots and bodies.
func (h head) skeleton(text, html mail.Encoding) ([]byte, error) {
	m := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithBoundary(h.names.boundary), mail.WithEncoding(wordEncoding(h.subject)))
	m.FromMailAddress(h.from.netMail())
	m.SetAddrHeaderFromMailAddress(mail.HeaderTo, &netmail.Address{Address: h.names.to + "@slot.invalid"})
	if h.replyTo.Address != "" {
		m.SetAddrHeaderFromMailAddress(mail.HeaderReplyTo, h.replyTo.netMail())
	}
	m.Subject(h.subject)
	m.SetDateWithValue(h.date)
	m.SetMessageIDWithValue(h.names.message + "@" + h.from.Address.Domain())
	for name, value := range h.fields {
		m.SetGenHeader(mail.Header(name), value)
	}
	if h.unsubscribe != nil {
		m.SetGenHeader(mail.HeaderListUnsubscribe, h.unsubscribe(h.names.unsubscribe))
	}
	m.SetBodyString(mail.TypeTextPlain, h.names.text, mail.WithPartEncoding(text))
	m.AddAlternativeString(mail.TypeTextHTML, h.names.html, mail.WithPartEncoding(html))
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("write message: %w", err)
	}
	return emptyFirstLine.ReplaceAll(b.Bytes(), []byte("$1 ")), nil
}

// emptyFirstLine is how go-mail folds a long address. The form is right, but
// there are readers of these headers that look at the first line only; one as
// long as an address is permitted (RFC 5322, section 2.1.1).
var emptyFirstLine = regexp.MustCompile(`(?m)^(List-(?:Unsubscribe|Help|Archive):)\r\n `)

func (m Mailbox) netMail() *netmail.Address {
	return &netmail.Address{Name: templates.OneLine(m.Name), Address: string(m.Address)}
}

// wordEncoding chooses the shorter of the two forms of encoded words (RFC 2047,
// section 4) for a subject.
func wordEncoding(subject string) mail.Encoding {
	if len(mime.BEncoding.Encode("UTF-8", subject)) < len(mime.QEncoding.Encode("UTF-8", subject)) {
		return mail.EncodingB64
	}
	return mail.EncodingQP
}

// listID names the list for people and for filters (RFC 2919, section 3);
// go-mail folds it.
func listID(title, id string) string {
	return strings.ReplaceAll(string(appendMailbox(nil, 0, safeName(title), id)), "\r\n", "")
}

// feedbackID is what providers count complaints by: campaign, kind, and the
// sender last, separated by colons.
func feedbackID(issue, digest, host string) string {
	part := func(s, instead string) string {
		return orElse(string(appendToken(nil, s)), instead)
	}
	return part(issue, "issue") + ":" + part(digest, "post") + ":list:" + strings.ReplaceAll(host, ":", "-")
}

// hostASCII is the site's host as DNS has it (RFC 5891).
func hostASCII(u *url.URL) string {
	if host, err := idna.Lookup.ToASCII(u.Hostname()); err == nil {
		return host
	}
	return u.Hostname()
}

func asciiURL(u *url.URL) *url.URL {
	v := *u
	v.Host = hostASCII(u)
	if strings.Contains(v.Host, ":") {
		v.Host = "[" + v.Host + "]"
	}
	if port := u.Port(); port != "" {
		v.Host += ":" + port
	}
	return &v
}

// mailtoAddress escapes an address for a mailto link (RFC 6068, section 2): all that
// a path escapes but the @, and what ends an address there or joins two.
func mailtoAddress(a string) string {
	return mailtoSpecials.Replace(url.PathEscape(a))
}

var mailtoSpecials = strings.NewReplacer("%40", "@", "&", "%26", ";", "%3B", "=", "%3D", ",", "%2C")

// appendMailbox writes name and address (RFC 5322, section 3.4) behind a field
// name that took column characters, folded where a line would grow too long. A
// name that is not plain ASCII becomes encoded words of at most 72 characters,
// none of which splits a character (RFC 2047, sections 2 and 5).
func appendMailbox(dst []byte, column int, name, address string) []byte {
	start := len(dst) - column
	switch {
	case name == "":
		return appendAddress(dst, address)
	case !plainPhrase(name):
		dst, start = appendWords(dst, start, name)
	case strings.IndexFunc(name, special) < 0:
		dst = append(dst, name...)
	default:
		dst = append(dst, '"')
		for i := range len(name) {
			if name[i] == '"' || name[i] == '\\' {
				dst = append(dst, '\\')
			}
			dst = append(dst, name[i])
		}
		dst = append(dst, '"')
	}
	if len(dst)-start+len(address)+3 > 76 {
		dst = append(dst, "\r\n"...)
	}
	dst = append(dst, " <"...)
	return append(appendAddress(dst, address), '>')
}

// plainPhrase tells whether a name needs no encoded word; one that looks like
// one does.
func plainPhrase(name string) bool {
	for i := range len(name) {
		if name[i] < ' ' || name[i] > '~' {
			return false
		}
	}
	return !strings.Contains(name, "=?")
}

// special is what may stand in a phrase only within quotes.
func special(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == ' ' || r == '-' || r == '_')
}

// wordOctets is how much text one encoded word takes: 60 characters of base64.
const wordOctets = 45

// appendWords writes encoded words, each after the first on a line of its own,
// and returns where the last line starts.
func appendWords(dst []byte, start int, name string) ([]byte, int) {
	for {
		n := min(len(name), wordOctets)
		for n < len(name) && !utf8.RuneStart(name[n]) {
			n--
		}
		dst = append(dst, "=?utf-8?b?"...)
		dst = base64.StdEncoding.AppendEncode(dst, []byte(name[:n]))
		dst = append(dst, "?="...)
		if name = name[n:]; name == "" {
			return dst, start
		}
		dst = append(dst, "\r\n "...)
		start = len(dst) - 1
	}
}

// appendAddress leaves out what no address that [newsletter.ParseAddress] made
// can have, and what would end the header.
func appendAddress(dst []byte, address string) []byte {
	for i := range len(address) {
		if c := address[i]; c > ' ' && c != 0x7f && c != '<' && c != '>' {
			dst = append(dst, c)
		}
	}
	return dst
}
