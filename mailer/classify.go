package mailer

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// stage is the verb of the SMTP dialogue that a reply answers. What a refusal
// means depends on it.
type stage string

const (
	atMail stage = "MAIL FROM"
	atRcpt stage = "RCPT TO"
	atData stage = "DATA"
	atDot  stage = "the message"
)

// maxReply is how many octets of a server's words are kept.
const maxReply = 500

// refusal makes the error for a reply that does not accept. text holds the
// lines of the reply without their codes.
//
// The rules, in the order in which they are asked:
//
//   - 421: the server is going away. Retry, on another connection.
//   - after the dot anything but 4xx and 5xx: nobody can know. Unknown.
//   - before it a reply out of place (503, or 2xx and 3xx where they make no
//     sense): the two sides disagree on where they are. Retry, on another connection.
//   - 4xx to MAIL with words of connections: this one is too many. The same.
//   - 4xx: Retry on this connection.
//   - 5xx to MAIL, or a demand to log in (530, 534, 535, 538): the sender's
//     configuration is at fault, and readers must not pay for it. Retry.
//   - other 5xx: Permanent.
func refusal(at stage, code int, text string) *SendError {
	status := enhancedStatus(code, text)
	e := &SendError{Fate: Retry, Code: code, Status: status, Reply: oneLine(code, status, text), at: at}
	e.Err = fmt.Errorf("mail server refused %s: %s", at, e.Reply)
	switch {
	case code == 421:
		e.Broken = true
	case code/100 != 4 && code/100 != 5:
		e.Broken = true
		e.Err = fmt.Errorf("mail server gave an answer to %s that makes no sense: %s", at, e.Reply)
		if at == atDot {
			e.Fate = Unknown
		}
	case code == 503, at == atMail && code/100 == 4 && ofConnections(text):
		e.Broken = true
	case code/100 == 5 && at != atMail && !senderFault(code):
		e.Fate = Permanent
	}
	return e
}

// senderFault tells whether a 5xx code speaks of the login and not of the
// recipient (RFC 4954, section 6).
func senderFault(code int) bool {
	return code == 530 || code == 534 || code == 535 || code == 538
}

// NoMailbox tells whether the server said for good that the mailbox or its
// domain does not exist: 5.1.1, 5.1.2 or 5.1.10 (RFC 3463, section 3.2; RFC
// 7505, section 4.2). Only these suppress an address; a full mailbox, a policy
// (5.7.x) or a bare 550 do not.
func (e *SendError) NoMailbox() bool {
	return e.Fate == Permanent && (e.Status == "5.1.1" || e.Status == "5.1.2" || e.Status == "5.1.10")
}

// enhancedStatus finds the enhanced status code (RFC 2034, section 4) at the
// start of a reply's text. A code whose class contradicts the reply code is no
// code.
func enhancedStatus(code int, text string) string {
	status, _, _ := strings.Cut(text, "\n")
	status, _, _ = strings.Cut(status, " ")
	class, rest, _ := strings.Cut(status, ".")
	subject, detail, ok := strings.Cut(rest, ".")
	if !ok || class != strconv.Itoa(code/100) || !shortNumber(subject) || !shortNumber(detail) {
		return ""
	}
	if class != "2" && class != "4" && class != "5" {
		return ""
	}
	return status
}

// shortNumber tells whether s has one to three digits.
func shortNumber(s string) bool {
	return len(s) >= 1 && len(s) <= 3 && strings.Trim(s, "0123456789") == ""
}

// oneLine joins the lines of a reply behind its code, says the enhanced status
// only once, and drops what does not belong on one line of a log or a page.
func oneLine(code int, status, text string) string {
	var room [maxReply]byte
	b := strconv.AppendInt(room[:0], int64(code), 10)
	if status != "" {
		b = append(append(b, ' '), status...)
	}
	for line := range strings.Lines(text) {
		if status != "" {
			line = strings.TrimPrefix(line, status)
		}
		for word := range strings.FieldsFuncSeq(line, blank) {
			b = append(append(b, ' '), word...)
		}
	}
	return clip(strings.ToValidUTF8(string(b), "\uFFFD"))
}

func blank(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// clip cuts s to at most maxReply octets without cutting a character.
func clip(s string) string {
	if len(s) <= maxReply {
		return s
	}
	s = s[:maxReply-len("…")]
	return strings.ToValidUTF8(s, "") + "…"
}
