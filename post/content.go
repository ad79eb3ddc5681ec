package post

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rivo/uniseg"
	"golang.org/x/text/language"
)

// MaxBytes is the most octets a post's source has, unless the caller says otherwise.
const MaxBytes = 8 << 20

// MaxTitle is the most characters, as readers count them, a title has.
const MaxTitle = 300

// MayMail tells whether a post with this content and date may be mailed when it
// is first published now. The author's word decides; without it, a post may
// unless its date lies more than limit before now. A zero date is no date.
func (c Content) MayMail(date, now time.Time, limit time.Duration) bool {
	if c.Mail != nil {
		return *c.Mail
	}
	return date.IsZero() || !date.Before(now.Add(-limit))
}

// Hash is a digest of everything that c says: contents with one hash are one
// revision. It is stable over releases of this program as long as new fields
// are left out of the JSON while they are empty.
func (c Content) Hash() [sha256.Size]byte {
	b, err := json.Marshal(c)
	if err != nil {
		panic("post: content of strings and numbers does not marshal: " + err.Error())
	}
	return sha256.Sum256(b)
}

// Clean drops illegal control characters and invalid UTF-8 from every text of
// c, and returns a warning for each it changed. [Parse] has done so; content
// that comes another way, such as from a form, is cleaned before it is validated.
func (c *Content) Clean() (warnings []string) {
	for _, t := range c.texts() {
		if what := scrubbed(*t.text); what != "" {
			warnings = append(warnings, t.name+": "+what)
		}
		*t.text = scrub(*t.text)
	}
	return warnings
}

// A namedText is one text of a content and its name for people.
type namedText struct {
	name string
	text *string
}

// texts lists every text of c.
func (c *Content) texts() []namedText {
	texts := []namedText{
		{"title", &c.Title}, {"summary", &c.Summary}, {"lang", &c.Lang}, {"image", &c.Image},
		{"image alt", &c.ImageAlt}, {"canonical", &c.Canonical}, {"body", &c.Body},
	}
	for i := range c.Tags {
		texts = append(texts, namedText{"tags", &c.Tags[i]})
	}
	for i := range c.Authors {
		a := &c.Authors[i]
		texts = append(texts, namedText{"author", &a.Name}, namedText{"author", &a.Email}, namedText{"author", &a.URL})
	}
	for i := range c.Enclosures {
		e := &c.Enclosures[i]
		texts = append(texts, namedText{"enclosure", &e.URL}, namedText{"enclosure", &e.Type})
	}
	return texts
}

// Validate returns an error that joins all that keeps c from being stored.
func (c Content) Validate() error {
	var errs []error
	if strings.TrimSpace(c.Title) == "" {
		errs = append(errs, errors.New("title: is empty; write one"))
	}
	if err := checkTitle(c.Title); err != nil {
		errs = append(errs, fmt.Errorf("title: %w", err))
	}
	if c.Format != Markdown && c.Format != HTML {
		errs = append(errs, fmt.Errorf("format: %q is neither %s nor %s", c.Format, Markdown, HTML))
	}
	if c.Lang != "" {
		if _, err := parseLang(c.Lang); err != nil {
			errs = append(errs, fmt.Errorf("lang: %w", err))
		}
	}
	for _, t := range c.texts() {
		if scrub(*t.text) != *t.text {
			errs = append(errs, fmt.Errorf("%s: has illegal control characters or invalid UTF-8", t.name))
		}
	}
	for _, e := range c.Enclosures {
		if e.URL == "" || e.Length < 0 {
			errs = append(errs, errors.New("enclosure: needs a url and no negative length"))
		}
	}
	return errors.Join(errs...)
}

// checkTitle returns an error for a title that is too long.
func checkTitle(title string) error {
	if n := uniseg.GraphemeClusterCount(title); n > MaxTitle {
		return fmt.Errorf("has %d characters; %d is the most, so shorten it", n, MaxTitle)
	}
	return nil
}

// parseLang returns a language tag in its canonical form (BCP 47, RFC 5646).
func parseLang(s string) (string, error) {
	tag, err := language.Parse(s)
	if err != nil || tag.IsRoot() {
		return "", fmt.Errorf("%q is no language; write a BCP 47 tag such as en, de-AT or zh-Hant", s)
	}
	return tag.String(), nil
}

// Validate returns an error that joins all that keeps p from being stored.
func (p Post) Validate() error {
	var errs []error
	if p.ID == "" {
		errs = append(errs, errors.New("id: is empty"))
	}
	if !ValidGUID(p.GUID) {
		errs = append(errs, fmt.Errorf("guid: %q is no absolute URI", p.GUID))
	}
	if !ValidSlug(p.Slug) {
		errs = append(errs, fmt.Errorf("slug: %q has other characters than a-z, 0-9 and single hyphens between, or more than %d", p.Slug, MaxSlug))
	}
	switch p.State {
	case Draft, Scheduled, Published, Withdrawn:
	default:
		errs = append(errs, fmt.Errorf("state: %q is unknown", p.State))
	}
	if p.State == Scheduled && p.Scheduled.IsZero() {
		errs = append(errs, errors.New("state: a scheduled post needs its time"))
	}
	return errors.Join(append(errs, p.Content.Validate())...)
}
