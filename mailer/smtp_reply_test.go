package mailer

import (
	"bufio"
	"bytes"
	"net/textproto"
	"testing"
)

// What is read in one piece reads as net/textproto reads it.
func FuzzWholeReply(f *testing.F) {
	for _, s := range []string{"250 2.0.0 taken\r\n", "354 go on\n", "250-first\r\n250 last\r\n", "250\r\n", "250 \r\n",
		"99 low\r\n", "2500 high\r\n", "\r\n", "25x no\r\n", "+50 no\r\n", "099 low\r\n", "250 two\r\r\n250 more\r\n", "250 cut"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, come []byte) {
		code, text, n := wholeReply(come)
		if n == 0 {
			return
		}
		in := bytes.NewReader(come)
		r := bufio.NewReader(in)
		wantCode, wantText, err := textproto.NewReader(r).ReadResponse(0)
		if took := len(come) - in.Len() - r.Buffered(); err != nil || code != wantCode || text != wantText || n != took {
			t.Errorf("%q reads as %d %q in %d octets; net/textproto: %d %q in %d, %v", come, code, text, n, wantCode, wantText, took, err)
		}
	})
}
