package mailer

import (
	"bytes"
	"time"
)

// read reads one reply, whose lines it joins by "\n". One that has come already,
// with the reply to what was said before, needs no new deadline.
func (c *smtpConn) read(timeout time.Duration) (code int, text string, err error) {
	r := c.sc.Text.R
	come, _ := r.Peek(r.Buffered())
	if bytes.IndexByte(come, '\n') < 0 {
		if err := c.sc.UpdateDeadline(timeout); err != nil {
			return 0, "", err
		}
		_, _ = r.Peek(1) // waits; an error comes again below
		come, _ = r.Peek(r.Buffered())
	}
	if code, text, n := wholeReply(come); n > 0 {
		_, err := r.Discard(n)
		return code, text, err
	}
	return c.sc.Text.ReadResponse(0)
}

// wholeReply reads a reply that came as one line and in one piece, as nearly all do;
// n is its length, 0 for any other.
func wholeReply(come []byte) (code int, text string, n int) {
	n = bytes.IndexByte(come, '\n') + 1
	line := bytes.TrimSuffix(bytes.TrimSuffix(come[:n], []byte("\n")), []byte("\r"))
	if len(line) < len("250 ") || line[3] != ' ' {
		return 0, "", 0
	}
	for _, c := range line[:3] {
		if c < '0' || c > '9' {
			return 0, "", 0
		}
		code = 10*code + int(c-'0')
	}
	if code < 100 {
		return 0, "", 0
	}
	return code, string(line[4:]), n
}
