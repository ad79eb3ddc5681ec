package mailer

import (
	"bytes"
	"net/textproto"
	"time"
)

// read reads one reply, whose lines it joins by "\n". One that has come already,
// with the reply to what was said before, needs no new deadline.
func (c *smtpConn) read(timeout time.Duration) (code int, text string, err error) {
	r := c.sc.Text.R
	come, _ := r.Peek(r.Buffered())
	if bytes.IndexByte(come, '\n') < 0 {
		if err := c.reading.extend(timeout); err != nil {
			return 0, "", err
		}
		_, _ = r.Peek(1) // waits; an error comes again below
		come, _ = r.Peek(r.Buffered())
	}
	if code, text, n := wholeReply(come); n > 0 {
		_, err := r.Discard(n)
		return code, text, err
	}
	return readReply(&c.sc.Text.Reader)
}

// maxReplyLines is how many lines a reply may have. Servers send one, and some for EHLO.
const maxReplyLines = 100

// readReply reads a reply of any number of lines. It takes what net/textproto takes, and
// also a last line without text (RFC 5321, section 4.2): "250" after the dot says
// that the message was taken.
func readReply(r *textproto.Reader) (code int, text string, err error) {
	for n := range maxReplyLines {
		line, err := r.ReadLine()
		if err != nil {
			return 0, "", err
		}
		c, words, last, ok := replyLine([]byte(line))
		switch {
		case n == 0 && !ok:
			return 0, "", textproto.ProtocolError("this is no reply: " + clip(line))
		case n == 0:
			code, text = c, words
		case !ok || c != code: // some servers break their text
			text, last = text+"\n"+line, false
		default:
			text += "\n" + words
		}
		if last {
			return code, text, nil
		}
	}
	return 0, "", textproto.ProtocolError("the reply has too many lines")
}

// replyLine parts a line of a reply, without its end.
func replyLine(line []byte) (code int, text string, last, ok bool) {
	if len(line) < 3 || len(line) > 3 && line[3] != ' ' && line[3] != '-' {
		return 0, "", false, false
	}
	for _, c := range line[:3] {
		if c < '0' || c > '9' {
			return 0, "", false, false
		}
		code = 10*code + int(c-'0')
	}
	if len(line) == 3 {
		return code, "", true, code >= 100
	}
	return code, string(line[4:]), line[3] == ' ', code >= 100
}

// wholeReply reads a reply that came as one line and in one piece, as nearly all do;
// n is its length, 0 for any other.
func wholeReply(come []byte) (code int, text string, n int) {
	n = bytes.IndexByte(come, '\n') + 1
	line := bytes.TrimSuffix(bytes.TrimSuffix(come[:n], []byte("\n")), []byte("\r"))
	code, text, last, ok := replyLine(line)
	if !ok || !last {
		return 0, "", 0
	}
	return code, text, n
}
