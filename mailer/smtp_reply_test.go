package mailer

import (
	"bufio"
	"bytes"
	"fmt"
	"net/textproto"
	"strings"
	"testing"
)

// What is read in one piece reads as net/textproto reads it.
func FuzzWholeReply(f *testing.F) {
	for _, s := range []string{"250 2.0.0 taken\r\n", "354 go on\n", "250-first\r\n250 last\r\n", "250\r\n", "250 \r\n",
		"99 low\r\n", "2500 high\r\n", "\r\n", "25x no\r\n", "+50 no\r\n", "099 low\r\n", "250 two\r\r\n250 more\r\n", "250 cut"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, come []byte) {
		in := bytes.NewReader(come)
		r := bufio.NewReader(in)
		code, text, err := readReply(textproto.NewReader(r))
		took := len(come) - in.Len() - r.Buffered()
		if c, words, n := wholeReply(come); n > 0 && (err != nil || c != code || words != text || n != took) {
			t.Errorf("%q reads as %d %q in %d octets; line by line: %d %q in %d, %v", come, c, words, n, code, text, took, err)
		}
		theirs := bytes.NewReader(come)
		wantCode, wantText, wantErr := textproto.NewReader(bufio.NewReader(theirs)).ReadResponse(0)
		if wantErr == nil && bytes.Count(come, []byte("\n")) < maxReplyLines && !bare(come) && (err != nil || code != wantCode || text != wantText) {
			t.Errorf("%q reads as %d %q, %v; net/textproto: %d %q", come, code, text, err, wantCode, wantText)
		}
	})
}

// bare tells whether some line is a code alone, which net/textproto takes for text.
func bare(come []byte) bool {
	for line := range bytes.Lines(come) {
		if len(bytes.TrimRight(line, "\r\n")) == len("250") {
			return true
		}
	}
	return false
}

func TestReplies(t *testing.T) {
	for come, want := range map[string]string{
		"250\r\n":                         "250 ",
		"250 \r\n":                        "250 ",
		"250-one\r\n250\r\n":              "250 one\n",
		"250-one\r\nnoise\r\n250 two\r\n": "250 one\nnoise\ntwo",
		"2500 high\r\n":                   "0  this is no reply: 2500 high",
		"\r\n":                            "0  this is no reply: ",
		"250-cut\r\n":                     "0  EOF",
		strings.Repeat("250-on\r\n", 200): "0  the reply has too many lines",
	} {
		code, text, err := readReply(textproto.NewReader(bufio.NewReader(strings.NewReader(come))))
		got := fmt.Sprintf("%d %s", code, text)
		if err != nil {
			got += " " + err.Error()
		}
		if got != want {
			t.Errorf("%q reads as %q, want %q", come, got, want)
		}
		if c, words, n := wholeReply([]byte(come)); n > 0 && (c != code || words != text || n != len(come)) {
			t.Errorf("%q in one piece reads as %d %q, %d octets", come, c, words, n)
		} else if one := strings.Count(come, "\n") == 1 && err == nil; one != (n > 0) {
			t.Errorf("%q in one piece is %d octets", come, n)
		}
	}
}
