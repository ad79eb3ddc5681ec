package mailer

import (
	"bytes"
	"errors"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"postrider/newsletter"
	"postrider/post"
)

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
			if m.dotless && !bytes.Equal(appendDotted(nil, message), message) {
				t.Error("a line begins with a dot or has no end")
			}
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
