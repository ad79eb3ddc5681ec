package mailer

import (
	"mime"
	"net/url"
	"strings"
	"testing"

	"postrider/templates"
)

func TestSubjects(t *testing.T) {
	c := composer(t, german)
	for template, want := range map[string]string{
		"":                               "What the river keeps",
		"{{.Site.Title}} {{date .Date}}": "The Ferry House 2. März 2026",
		"{{(index .Posts 1).Title}}":     "河水记得什么",
		"{{if gt (len .Posts) 1}}{{len .Posts}} posts{{end}}": "2 posts",
		"{{.Preheader}}":             "What the river keeps · 河水记得什么",
		" \r\n ":                     "The Ferry House",
		strings.Repeat("long ", 100): strings.TrimSuffix(strings.Repeat("long ", 40), " ") + "…",
	} {
		l := weekly(latinPost(), chinesePost())
		l.Subject = template
		out := compose(t, c, l)
		got, err := new(mime.WordDecoder).DecodeHeader(read(t, out.Mould.AppendTo(nil, person())).Header.Get("Subject"))
		if err != nil || got != want || out.Subject != want {
			t.Errorf("%q: got %q and %q, %v; want %q", template, got, out.Subject, err, want)
		}
	}
	for template, want := range map[string]string{
		"{{.Titel}}":       "digest weekly: subject:1: no field is called .Titel here",
		"{{.Reader.Name}}": "a subject is the same for every reader",
	} {
		if err := c.CheckDigest("digest weekly", "digest", template, true); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", template, err, want)
		}
	}
	const good = "{{.Site.Title}}: {{(index .Posts 0).Title}}"
	if err := c.CheckDigest("digest weekly", "digest", good, false); err != nil {
		t.Error(err)
	}
	for template, want := range map[string]string{"nosuch": `no mail template is called "nosuch"`, "confirm": "confirm.html"} {
		if err := c.CheckDigest("digest weekly", template, good, false); err == nil || !strings.Contains(err.Error(), "digest weekly: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("template %s: got %v, want %s", template, err, want)
		}
	}
}

func TestComposerRefuses(t *testing.T) {
	set, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Identity){
		"site.url must be":    func(id *Identity) { id.Site.URL = &url.URL{Path: "/x"} },
		"site.url must be an": func(id *Identity) { id.Site.URL = nil },
		"mail.from must":      func(id *Identity) { id.From = Mailbox{} },
	} {
		if _, err := NewComposer(set, identity(change)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	c := composer(t)
	if _, err := c.Issue(weekly()); err == nil {
		t.Error("an issue of no posts was composed")
	}
	l := weekly(latinPost())
	l.Template = "digst"
	if _, err := c.Issue(l); err == nil || !strings.Contains(err.Error(), "did you mean digest?") {
		t.Errorf("unknown template: %v", err)
	}
}

func TestParseMailbox(t *testing.T) {
	for in, want := range map[string]Mailbox{
		"":                                   {},
		"news@example.org":                   {"", "news@example.org"},
		"Example News <news@Example.ORG>":    {"Example News", "news@example.org"},
		`"News, Example" <n@bücher.example>`: {"News, Example", "n@xn--bcher-kva.example"},
	} {
		if got, err := ParseMailbox(in); err != nil || got != want {
			t.Errorf("%q: got %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"x", "a@b@c", "A <a@b.example", "A <a@b.example>\r\nBcc: x@y.example"} {
		if got, err := ParseMailbox(in); err == nil {
			t.Errorf("%q was read as %v", in, got)
		}
	}
}
