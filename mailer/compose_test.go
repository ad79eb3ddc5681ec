package mailer

import (
	"bytes"
	"html"
	"io"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"postrider/templates"
)

func TestLettersAreFrozen(t *testing.T) {
	l := weekly(latinPost(), chinesePost(), arabicPost())
	a, b := compose(t, composer(t), l), compose(t, composer(t), l)
	if !bytes.Equal(a.Mould.Bytes(), b.Mould.Bytes()) || a.HTML != b.HTML || a.Text != b.Text {
		t.Error("the same letter was composed differently the second time")
	}
	l.Articles[0].HTML += "<p>more</p>"
	if c := compose(t, composer(t), l); bytes.Equal(a.Mould.Bytes(), c.Mould.Bytes()) {
		t.Error("a changed post makes no difference")
	}
}

// TestLinksAgree holds that both parts have the same links in the same order.
func TestLinksAgree(t *testing.T) {
	for name, letter := range letters() {
		c := compose(t, composer(t), letter)
		text, rich := parts(t, c.Mould, person())
		inText := regexp.MustCompile(`https?://[^\s<>]+`).FindAllString(text, -1)
		var inHTML []string
		for _, m := range regexp.MustCompile(`href="(http[^"]*)"`).FindAllStringSubmatch(rich, -1) {
			inHTML = append(inHTML, html.UnescapeString(m[1]))
		}
		if got, want := slices.Compact(inText), slices.Compact(inHTML); !slices.Equal(got, want) || len(got) < 5 {
			t.Errorf("%s: links of the text part\n%s\nof the HTML part\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func letters() map[string]Letter {
	full, excerpts := weekly(latinPost(), chinesePost(), arabicPost()), weekly(latinPost(), chinesePost())
	excerpts.Full = false
	byHand := weekly(arabicPost())
	byHand.Digest = ""
	return map[string]Letter{"full": full, "excerpts": excerpts, "by hand": byHand}
}

func TestPostTextStaysText(t *testing.T) {
	c := compose(t, composer(t), weekly(hostilePost()))
	p := person()
	text, rich := parts(t, c.Mould, p)
	for _, want := range []string{"{{.Reader.Email}} {{data.count}}", "From here =41"} {
		for _, s := range []string{text, rich, c.Text, c.HTML} {
			if !strings.Contains(s, want) {
				t.Errorf("%q is gone from\n%s", want, s)
			}
		}
	}
	msg := read(t, c.Mould.AppendTo(nil, p))
	if got := msg.Header.Get("Bcc") + msg.Header.Get("X-Injected"); got != "" {
		t.Errorf("a post made a header: %q", got)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
	if want := `Re: <b>free</b> & "quotes" Bcc: victim@example.com {{.Email}}`; err != nil || subject != want {
		t.Errorf("subject is %q, %v; want %q", subject, err, want)
	}
	if strings.Contains(text+rich, p.Name) {
		t.Error("a post's own mark was filled in")
	}
	if strings.Contains(rich, "<b>free") || strings.ContainsAny(text+rich, "\x00\x01\x02\x03\x04") {
		t.Error("a title or control character was not made harmless")
	}
}

// TestWebVersion holds that what anybody may read has nobody's values.
func TestWebVersion(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "mail/digest.html", `<p>Dear {{.Reader.Name "friend"}} <a href="{{.Reader.UnsubscribeURL}}">x</a> {{.Reader.Email}}|</p>`)
	c := compose(t, overlaid(t, dir), weekly(latinPost()))
	if want := `<p>Dear friend <a href="https://ferry.example.org/">x</a> |</p>`; strings.TrimSpace(c.HTML) != want {
		t.Errorf("got %s, want %s", c.HTML, want)
	}
	c = compose(t, composer(t), weekly(latinPost()))
	for _, s := range []string{c.HTML, c.Text} {
		if strings.Contains(s, "unsubscribe") || strings.Contains(s, "preferences") {
			t.Errorf("the browser version has a reader's link:\n%s", s)
		}
	}
}

func TestPersonalValuesInOwnTemplates(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "mail/own.html", `<p title="{{.Reader.Name "you & me"}}">{{.Reader.Name}}</p><a href="https://x.example/?n={{.Reader.Name}}&amp;e={{.Reader.Email}}">{{.Reader.Email}}</a>`)
	write(t, dir, "mail/own.txt", `{{.Reader.Name "you & me"}} {{.Reader.Email}} {{.Reader.PreferencesURL}}`)
	l := weekly(latinPost())
	l.Template = "own"
	c := compose(t, overlaid(t, dir), l)
	p := person()
	p.Name = `Zoë "<b>" & O'Hara`
	text, rich := parts(t, c.Mould, p)
	wantRich := `<p title="Zoë &#34;&lt;b&gt;&#34; &amp; O&#39;Hara">Zoë &#34;&lt;b&gt;&#34; &amp; O&#39;Hara</p>` +
		`<a href="https://x.example/?n=Zo%C3%AB%20%22%3Cb%3E%22%20%26%20O%27Hara&amp;e=reader%40example%2Enet">reader@example.net</a>`
	if !strings.Contains(rich, wantRich) {
		t.Errorf("got\n%s\nwant\n%s", rich, wantRich)
	}
	if want := p.Name + " reader@example.net"; !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
		t.Errorf("got %q, want %q", text, want)
	}
	p.Name = ""
	text, rich = parts(t, c.Mould, p)
	if !strings.HasPrefix(text, "you & me ") || !strings.Contains(rich, `title="you &amp; me"></p>`) {
		t.Errorf("without a name:\n%s\n%s", text, rich)
	}
}

func TestCutPersonalValueIsAnError(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "mail/own.html", `{{define "x"}}{{.}}{{end}}x`)
	write(t, dir, "mail/own.txt", `{{printf "%.30s" .Reader.Name}}`)
	set, err := templates.Load(dir)
	if err == nil {
		_, err = NewComposer(set, identity())
	}
	if err == nil || !strings.Contains(err.Error(), ".Reader differs from reader to reader") {
		t.Errorf("got %v", err)
	}
	m := newMarks()
	if _, err := m.split("a"+m.mark(slot{field: fieldName})[:28], htmlContext); err == nil {
		t.Error("half a mark was taken for text")
	}
}

func TestTemplateMistakesAreFoundAtStart(t *testing.T) {
	for file, text := range map[string]string{
		"mail/digest.html": "a\n{{range .Posts}}{{.Titel}}{{end}}",
		"mail/post.txt":    "a\n{{.Site.Titel}}",
		"mail/welcome.txt": "a\n{{.Reader.Titel}}",
	} {
		dir := t.TempDir()
		write(t, dir, file, text)
		set, err := templates.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		_, err = NewComposer(set, identity())
		if want := filepath.Join(dir, file) + ":2: no field is called .Titel here"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func overlaid(t *testing.T, dir string) *Composer {
	t.Helper()
	set, err := templates.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "mail/digest.html")); err == nil {
		write(t, dir, "mail/digest.txt", "x")
		if set, err = templates.Load(dir); err != nil {
			t.Fatal(err)
		}
	}
	c, err := NewComposer(set, identity())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, message []byte) *mail.Message {
	t.Helper()
	msg, err := mail.ReadMessage(bytes.NewReader(message))
	if err != nil {
		t.Fatalf("%v in\n%s", err, message)
	}
	if _, err := io.Copy(io.Discard, msg.Body); err != nil {
		t.Fatal(err)
	}
	return msg
}
