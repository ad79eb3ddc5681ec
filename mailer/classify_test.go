package mailer

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestRefusal(t *testing.T) {
	tests := []struct {
		name   string
		at     stage
		code   int
		text   string
		fate   Fate
		broken bool
		status string
		gone   bool
		reply  string
	}{
		{"greylisted", atRcpt, 451, "4.7.1 Greylisted", Retry, false, "4.7.1", false, "451 4.7.1 Greylisted"},
		{"going away", atRcpt, 421, "4.3.2 bye", Retry, true, "4.3.2", false, "421 4.3.2 bye"},
		{"going away after the dot", atDot, 421, "bye", Retry, true, "", false, "421 bye"},
		{"no mailbox", atRcpt, 550, "5.1.1 <a@b.c>: no such user", Permanent, false, "5.1.1", true, "550 5.1.1 <a@b.c>: no such user"},
		{"no mailbox, told after the dot", atDot, 550, "5.1.1 unknown", Permanent, false, "5.1.1", true, "550 5.1.1 unknown"},
		{"no domain", atRcpt, 550, "5.1.2 bad domain", Permanent, false, "5.1.2", true, "550 5.1.2 bad domain"},
		{"null MX", atRcpt, 556, "5.1.10 null MX", Permanent, false, "5.1.10", true, "556 5.1.10 null MX"},
		{"policy", atDot, 550, "5.7.1 spam", Permanent, false, "5.7.1", false, "550 5.7.1 spam"},
		{"mailbox full", atRcpt, 552, "5.2.2 over quota", Permanent, false, "5.2.2", false, "552 5.2.2 over quota"},
		{"bare 550", atRcpt, 550, "no", Permanent, false, "", false, "550 no"},
		{"sender refused", atMail, 550, "5.1.8 bad sender", Retry, false, "5.1.8", false, "550 5.1.8 bad sender"},
		{"5.1.1 for the sender", atMail, 550, "5.1.1 who?", Retry, false, "5.1.1", false, "550 5.1.1 who?"},
		{"one connection too many", atMail, 450, "4.7.0 too many concurrent connections", Retry, true, "4.7.0", false, "450 4.7.0 too many concurrent connections"},
		{"too much mail", atMail, 450, "4.7.1 too much mail", Retry, false, "4.7.1", false, "450 4.7.1 too much mail"},
		{"login wanted", atRcpt, 530, "5.7.0 log in", Retry, false, "5.7.0", false, "530 5.7.0 log in"},
		{"out of step", atRcpt, 503, "5.5.1 sender already given", Retry, true, "5.5.1", false, "503 5.5.1 sender already given"},
		{"no sense before the dot", atData, 250, "fine", Retry, true, "", false, "250 fine"},
		{"no sense after it", atDot, 354, "go on", Unknown, true, "", false, "354 go on"},
		{"several lines", atRcpt, 550, "5.7.26 not authenticated\n5.7.26 see\n5.7.26  https://example.org", Permanent, false, "5.7.26", false,
			"550 5.7.26 not authenticated see https://example.org"},
		{"contradicting status", atRcpt, 450, "5.1.1 later", Retry, false, "", false, "450 5.1.1 later"},
		{"unprintable", atRcpt, 550, "5.1.1 a\x07b\xffc\td", Permanent, false, "5.1.1", true, "550 5.1.1 a b\uFFFDc d"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := refusal(tt.at, tt.code, tt.text)
			if e.Fate != tt.fate || e.Broken != tt.broken || e.Status != tt.status || e.NoMailbox() != tt.gone || e.Code != tt.code {
				t.Errorf("got fate %d, broken %v, status %q, no mailbox %v", e.Fate, e.Broken, e.Status, e.NoMailbox())
			}
			if e.Reply != tt.reply {
				t.Errorf("reply %q, want %q", e.Reply, tt.reply)
			}
			if !strings.Contains(e.Error(), e.Reply) {
				t.Errorf("error %q leaves out the server's words", e)
			}
		})
	}
}

func TestReplyIsClipped(t *testing.T) {
	got := oneLine(550, "", strings.Repeat("ü", 1000))
	if len(got) > maxReply || !utf8.ValidString(got) || !strings.HasSuffix(got, "ü…") {
		t.Errorf("got %d octets: …%q", len(got), got[len(got)-10:])
	}
}

func FuzzReply(f *testing.F) {
	f.Add(550, "5.1.1 no such user")
	f.Add(421, "4.3.2 bye\n4.3.2 now")
	f.Add(250, "2.0.0\r\x00 \xff")
	f.Fuzz(func(t *testing.T, code int, text string) {
		e := refusal(atRcpt, code, text)
		if len(e.Reply) > maxReply || !utf8.ValidString(e.Reply) || strings.ContainsFunc(e.Reply, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("reply %q is no clean line", e.Reply)
		}
		if e.Status != "" && (e.Status[0] != byte('0'+code/100) || strings.Count(e.Status, ".") != 2) {
			t.Errorf("status %q of %d", e.Status, code)
		}
		if e.NoMailbox() && (code < 500 || code > 599) {
			t.Errorf("%d %q suppresses", code, text)
		}
	})
}
