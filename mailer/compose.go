package mailer

import (
	"errors"
	"fmt"
	"strings"

	"postrider/templates"
)

// preheaderSize is how many characters of text follow the subject in inboxes.
const preheaderSize = 140

// Composer makes letters of posts: it owns the templates in the language of
// the site and what all mail of the installation shares. It is safe for use by
// many goroutines.
type Composer struct {
	id   Identity
	site SiteView
	mail *templates.Mail
}

// NewComposer checks the identity and executes every template with samples, so
// that no mistake of a template waits for a send.
func NewComposer(set *templates.Set, id Identity) (*Composer, error) {
	switch u := id.Site.URL; {
	case u == nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("compose mail: site.url must be an absolute address such as https://example.org/")
	case id.From.Address == "":
		return nil, errors.New("compose mail: mail.from must name an address such as Example News <news@example.org>")
	}
	if id.ListID == "" {
		id.ListID = "posts." + hostASCII(id.Site.URL)
	}
	mail, err := set.Language(id.Site.Language)
	if err != nil {
		return nil, err
	}
	c := &Composer{id, siteView(id.Site), mail}
	if set.Bundled() {
		return c, nil
	}
	return c, c.check()
}

// check tries every template with samples of all that it may be asked to show.
func (c *Composer) check() error { return c.mail.Check(c.samples) }

// Issue composes one variant of an issue. The same letter gives the same
// message.
func (c *Composer) Issue(l Letter) (Composed, error) {
	if len(l.Articles) == 0 {
		return Composed{}, errors.New("compose issue: it has no posts")
	}
	name := l.template()
	view, err := c.issueView(l)
	if err != nil {
		return Composed{}, fmt.Errorf("compose issue %s: %w", l.IssueID, err)
	}
	out, err := c.browserVersion(name, view)
	if err != nil {
		return out, fmt.Errorf("compose issue %s: %w", l.IssueID, err)
	}
	marks := newMarks()
	view.Reader = c.reader(marks)
	body, err := c.fit(name, view)
	if err != nil {
		return out, fmt.Errorf("compose issue %s: %w", l.IssueID, err)
	}
	out.Warnings = body.warnings
	head := c.issueHead(l, out.Subject)
	if out.Mould, err = newMould(head, body.text, body.html, marks); err != nil {
		return out, fmt.Errorf("compose issue %s: %w", l.IssueID, err)
	}
	return out, nil
}

func (l Letter) template() string {
	switch {
	case l.Template != "":
		return l.Template
	case l.Digest == "" && len(l.Articles) == 1:
		return "post"
	}
	return "digest"
}

// issueView makes the template data of a letter with every post as asked for.
func (c *Composer) issueView(l Letter) (IssueView, error) {
	v := IssueView{
		Frame: Frame{
			Site:      c.site,
			Preheader: preheader(l.Articles),
			Date:      l.Date,
			WebURL:    c.id.Site.URL.JoinPath("issues", l.IssueID).String(),
			Reader:    c.nobody(),
		},
		Digest: l.Digest,
		Full:   l.Full,
	}
	for _, a := range l.Articles {
		p := c.postView(a, l.Date.Location())
		p.Full = l.Full
		p.ImageInBody = p.Full && inBody(p)
		v.Posts = append(v.Posts, p)
	}
	subject, err := c.subject(l, v)
	v.Subject = subject
	return v, err
}

// inBody tells whether the lead image is in the post's own HTML, where
// templates need not repeat it.
func inBody(p PostView) bool {
	return p.Image != "" && strings.Contains(string(p.HTML), `src="`+escapeHTML(p.Image)+`"`)
}

// CheckDigest finds what would keep the issues of a digest from being made: a
// template that is not there or is for something else, mistakes of its subject,
// personal values that do not come through. where says where the digest stands.
func (c *Composer) CheckDigest(where, template, subject string, full bool) error {
	t, err := c.mail.ParseSubject(where+": subject", subject)
	if err != nil {
		return err
	}
	if _, err := t.Execute(c.sampleIssue(false, 2)); err != nil {
		return err
	}
	letter := Letter{IssueID: "sample", Digest: "sample", Template: template, Subject: subject, Full: full,
		Articles: c.sampleArticles(), Date: sampleDate()}
	if _, err := c.Issue(letter); err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	return nil
}

func (c *Composer) subject(l Letter, v IssueView) (string, error) {
	text := v.Posts[0].Title
	if l.Subject != "" {
		t, err := c.mail.ParseSubject("subject", l.Subject)
		if err != nil {
			return "", err
		}
		if text, err = t.Execute(v); err != nil {
			return "", err
		}
	}
	if text == "" {
		text = c.site.Title
	}
	return templates.Truncate(subjectSize, text), nil
}

func (c *Composer) browserVersion(name string, v IssueView) (Composed, error) {
	v.Web = true
	out := Composed{Subject: v.Subject}
	var err error
	if out.HTML, err = c.mail.HTML(name, v); err != nil {
		return out, err
	}
	out.HTML = clean(out.HTML)
	out.Text, err = c.mail.Text(name, v)
	out.Text = clean(out.Text)
	return out, err
}

// Notice composes a mail that belongs to no issue.
func (c *Composer) Notice(kind NoticeKind, data NoticeData) (*Mould, error) {
	subject, err := c.mail.Word(string(kind)+"_subject", c.site.Title)
	if err != nil {
		return nil, fmt.Errorf("compose notice %s: %w", kind, err)
	}
	subject = templates.Truncate(subjectSize, templates.OneLine(subject))
	marks := newMarks()
	view := NoticeView{
		Frame:      Frame{Site: c.site, Subject: subject, Date: data.Date, Reader: c.reader(marks)},
		ConfirmURL: data.ConfirmURL,
	}
	html, text, err := c.render(string(kind), view)
	if err != nil {
		return nil, fmt.Errorf("compose notice %s: %w", kind, err)
	}
	m, err := newMould(c.noticeHead(kind, data, subject), text, html, marks)
	if err != nil {
		return nil, fmt.Errorf("compose notice %s: %w", kind, err)
	}
	return m, nil
}

// render gives both halves of a mail, its styles inlined.
func (c *Composer) render(name string, view any) (html, text string, err error) {
	if html, err = c.mail.HTML(name, view); err != nil {
		return "", "", err
	}
	if html, err = templates.Inline(clean(html)); err != nil {
		return "", "", err
	}
	if text, err = c.mail.Text(name, view); err != nil {
		return "", "", err
	}
	return html, clean(text), nil
}
