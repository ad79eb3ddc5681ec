package mailer

import (
	"bytes"
	"errors"
	"mime"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"postrider/newsletter"
	"postrider/post"
)

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

// TestEncodings holds that what was rendered comes back after each encoding.
func TestEncodings(t *testing.T) {
	for name, tt := range map[string]struct {
		letter Letter
		html   string
	}{
		"latin":   {weekly(latinPost()), "quoted-printable"},
		"chinese": {weekly(prose(strings.Repeat("河水记得什么，渡口在冬天最安静。", 400))), "base64"},
		"arabic":  {weekly(prose(strings.Repeat("في الشتاء يهدأ المرسى. ", 400))), "base64"},
	} {
		c := compose(t, composer(t), tt.letter)
		message := c.Mould.AppendTo(nil, person())
		checkMessage(t, message)
		_, rest, _ := bytes.Cut(message, []byte("text/html"))
		before, _, _ := bytes.Cut(message, []byte("Content-Type: text/html"))
		if at := bytes.LastIndex(before, []byte("Content-Transfer-Encoding: ")); !bytes.HasPrefix(before[at:], []byte("Content-Transfer-Encoding: "+tt.html)) || len(rest) == 0 {
			t.Errorf("%s: the HTML part is not in %s", name, tt.html)
		}
		text, rich := parts(t, c.Mould, person())
		for _, want := range []string{tt.letter.Articles[0].Title, "unsubscribe/" + person().UnsubscribeToken} {
			if !strings.Contains(text, want) || !strings.Contains(rich, want) {
				t.Errorf("%s: %q is gone", name, want)
			}
		}
		if body := strings.Join(strings.Fields(tt.letter.Articles[0].Text), ""); !strings.Contains(strings.Join(strings.Fields(text), ""), body) {
			t.Errorf("%s: the text of the post changed", name)
		}
		if !strings.Contains(rich, strings.TrimSpace(firstParagraph.FindString(tt.letter.Articles[0].HTML))) {
			t.Errorf("%s: the HTML of the post changed", name)
		}
	}
}

// prose makes a post of one paragraph.
func prose(s string) post.Article {
	return article("Title", "<p>"+strings.TrimSpace(s)+"</p>", strings.TrimSpace(s)+"\n")
}

var firstParagraph = regexp.MustCompile(`>[^<]+<`)

func TestMouldSurvivesStorage(t *testing.T) {
	for _, a := range []Letter{weekly(latinPost()), weekly(chinesePost()), weekly(hostilePost())} {
		m := compose(t, composer(t), a).Mould
		again, err := ParseMould(bytes.Clone(m.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(m.AppendTo(nil, person()), again.AppendTo(nil, person())) || again.MessageID(person()) != m.MessageID(person()) {
			t.Error("a stored mould fills differently")
		}
		if got := again.AppendTo([]byte("kept"), person()); !bytes.HasPrefix(got, []byte("keptDate: ")) {
			t.Errorf("AppendTo does not append: %.20q", got)
		}
	}
}

func TestParseMouldRefuses(t *testing.T) {
	good := "To: \x01to;header;\x02\r\nMessage-ID: <\x01message;header;\x02@a.example>\r\n\r\n"
	if _, err := ParseMould([]byte(good + "x\x01name;text;you\x02\r\n\x03\x01email;html;\x02\x04")); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]string{
		"empty":             "",
		"no header":         "x",
		"no slots":          "To: x\r\n\r\n",
		"two To":            "To: \x01to;header;\x02\r\n" + good,
		"no domain":         strings.Replace(good, "@a.example", "", 1),
		"unknown field":     good + "\x01age;text;\x02",
		"unknown escaping":  good + "\x01name;none;\x02",
		"no fallback":       good + "\x01name;text\x02",
		"header in body":    good + "\x01to;header;\x02",
		"name in header":    "X: \x01name;text;\x02\r\n" + good,
		"open slot":         good + "\x01name;text;",
		"slot in slot":      good + "\x01name;text;\x01\x02",
		"line in slot":      good + "\x01name;text;\n\x02",
		"open region":       good + "\x03abc",
		"region in region":  good + "\x03\x03\x04\x04",
		"region in header":  "X: \x03\x04\r\n" + good,
		"lone close":        good + "\x02",
		"lone region close": good + "\x04",
		"other control":     good + "\x05",
		"NUL":               good + "\x00",
		"bare LF":           good + "a\nb",
		"bare CR":           good + "a\rb",
	} {
		if _, err := ParseMould([]byte(s)); !errors.Is(err, errMould) {
			t.Errorf("%s: got %v", name, err)
		}
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

func FuzzFill(f *testing.F) {
	var moulds []*Mould
	for _, l := range []Letter{weekly(latinPost()), weekly(prose(strings.Repeat("河水记得什么", 900)))} {
		moulds = append(moulds, compose(f, composer(f), l).Mould)
	}
	f.Add("Robin Reader", "reader@example.net", "tok-en_1")
	f.Add("中文名字中文名字中文名字中文名字中文名字中文名字", "用户@例子.example", "x")
	f.Add("a\r\nBcc: x@y.example\r\n\r\n", "a.b+c@d.example", "\r\nX: y")
	f.Add(strings.Repeat("e\u0301", 400), "a@d.example", "=")
	f.Fuzz(func(t *testing.T, name, address, token string) {
		a, err := newsletter.ParseAddress(address)
		if err != nil {
			return
		}
		p := Personal{To: a, Name: name, UnsubscribeToken: token, PreferencesToken: token, MessageToken: "m"}
		for _, m := range moulds {
			message := m.AppendTo(nil, p)
			msg := checkMessage(t, message)
			if a.ASCII() {
				to, err := mail.ParseAddressList(msg.Header.Get("To"))
				if err != nil || len(to) != 1 || to[0].Address != string(a) {
					t.Errorf("To is %q: %v, %v", msg.Header.Get("To"), to, err)
				} else if got, want := to[0].Name, safeName(name); got != want {
					t.Errorf("the name became %q, not %q", got, want)
				}
			}
			if got, want := len(msg.Header), len(headerNames(m)); got != want {
				t.Errorf("%d headers, not %d", got, want)
			}
			if text, html := parts(t, m, p); !utf8.ValidString(text) || !strings.Contains(html, "</html>") {
				t.Error("a part was damaged")
			}
		}
	})
}

func headerNames(m *Mould) textproto.MIMEHeader {
	msg, err := mail.ReadMessage(bytes.NewReader(m.AppendTo(nil, person())))
	if err != nil {
		return nil
	}
	return textproto.MIMEHeader(msg.Header)
}

func FuzzParseMould(f *testing.F) {
	f.Add(compose(f, composer(f), weekly(latinPost())).Mould.Bytes())
	f.Add([]byte("To: \x01to;header;\x02\r\nMessage-ID: <\x01message;header;\x02@a.example>\r\n\r\nx=\r\n\x01name;text;you\x02\x03\x01email;html;\x02\x04"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseMould(b)
		if err != nil {
			if !errors.Is(err, errMould) {
				t.Errorf("error of another kind: %v", err)
			}
			return
		}
		if !bytes.Equal(m.Bytes(), b) {
			t.Error("the stored form changed")
		}
		out := m.AppendTo(nil, person())
		if bytes.ContainsAny(out, "\x00\x01\x02\x03\x04") {
			t.Errorf("marks are left in %q", out)
		}
	})
}

func TestPersonalizer(t *testing.T) {
	keys, err := newsletter.NewKeyring(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	z := Personalizer{keys}
	first, again := z.Personal(delivery()), z.Personal(delivery())
	if first != again {
		t.Error("a second attempt would differ")
	}
	if id, err := keys.Read(newsletter.Unsubscribe, first.UnsubscribeToken, cutDate()); err != nil || id != 42 {
		t.Errorf("the unsubscribe link is of %v, %v", id, err)
	}
	if id, err := keys.Read(newsletter.Preferences, first.PreferencesToken, cutDate()); err != nil || id != 42 {
		t.Errorf("the preferences link is of %v, %v", id, err)
	}
	other := delivery()
	other.IssueID = "another"
	if z.Personal(other).MessageToken == first.MessageToken {
		t.Error("two issues share a Message-ID")
	}
	test := delivery()
	test.Subscriber = 0
	if _, err := keys.Read(newsletter.Unsubscribe, z.Personal(test).UnsubscribeToken, cutDate()); !errors.Is(err, newsletter.ErrToken) {
		t.Errorf("a test mail has a link that works: %v", err)
	}
}

func BenchmarkAppendTo(b *testing.B) {
	for name, l := range map[string]Letter{
		"qp":     weekly(articles(6, latinPost)...),
		"base64": weekly(prose(strings.Repeat("河水记得什么，渡口在冬天最安静。", 600))),
	} {
		b.Run(name, func(b *testing.B) {
			m, p := compose(b, composer(b), l).Mould, person()
			dst := m.AppendTo(nil, p)
			b.SetBytes(int64(len(dst)))
			b.ReportAllocs()
			for b.Loop() {
				dst = m.AppendTo(dst[:0], p)
			}
		})
	}
}
