package mailer

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"postrider/newsletter"
	"postrider/templates"
)

// Personal is what one reader's copy of a message has of its own.
type Personal struct {
	To               newsletter.Address
	Name             string // as the reader gave it; may be empty
	UnsubscribeToken string
	PreferencesToken string
	MessageToken     string // the left part of the Message-ID; letters and digits
}

// PreviewToken stands where a copy is for nobody on the list: its links say
// that they are not valid, whoever follows them.
const PreviewToken = "preview"

// Personalizer makes personal values of deliveries.
type Personalizer struct{ Keys newsletter.Keyring }

// Personal gives the personal values of a delivery. They depend on the issue
// and the subscriber only, so that every attempt sends the same bytes. A
// delivery of no subscriber, a preview or a test, has links that lead nowhere.
func (p Personalizer) Personal(d Delivery) Personal {
	v := Personal{
		To: d.To, Name: d.Name,
		UnsubscribeToken: PreviewToken, PreferencesToken: PreviewToken,
		MessageToken: p.Keys.MessageToken(d.IssueID, d.Subscriber),
	}
	if d.Subscriber != 0 {
		v.UnsubscribeToken = p.Keys.Token(newsletter.Unsubscribe, d.Subscriber, time.Time{})
		v.PreferencesToken = p.Keys.Token(newsletter.Preferences, d.Subscriber, time.Time{})
	}
	return v
}

// Reader gives templates the personal values: each prints a mark that is
// replaced when a copy is filled. In the browser version, which is for nobody,
// it gives the name's fallback, no address, and links to the site.
type Reader struct {
	marks                    *marks
	site, unsubscribe, prefs string
}

func (c *Composer) nobody() Reader { return Reader{site: c.site.URL} }

func (c *Composer) reader(m *marks) Reader {
	return Reader{
		marks:       m,
		unsubscribe: c.id.Site.URL.JoinPath("unsubscribe").String() + "/",
		prefs:       c.id.Site.URL.JoinPath("preferences").String() + "/",
	}
}

// Slot is a personal value before it is known. Templates can print it and
// nothing else: it has no order, no length and no equal.
type Slot struct {
	text string
	_    [0]func()
}

// String is for the template packages: the mark of the value.
func (s Slot) String() string { return s.text }

// Name is the reader's name, or fallback if none was given.
func (r Reader) Name(fallback ...string) (Slot, error) {
	if len(fallback) > 1 {
		return Slot{}, fmt.Errorf("Name takes one text for readers who gave no name, not %d", len(fallback))
	}
	instead := templates.OneLine(strings.Join(fallback, ""))
	if r.marks == nil {
		return Slot{text: instead}, nil
	}
	return Slot{text: r.marks.mark(slot{field: fieldName, fallback: instead})}, nil
}

// Email is the reader's address.
func (r Reader) Email() Slot { return r.slot("", fieldEmail, "") }

// UnsubscribeURL leads to the page where the reader leaves the list.
func (r Reader) UnsubscribeURL() Slot { return r.slot(r.unsubscribe, fieldUnsubscribe, r.site) }

// PreferencesURL leads to the page where the reader changes cadence and topics.
func (r Reader) PreferencesURL() Slot { return r.slot(r.prefs, fieldPreferences, r.site) }

func (r Reader) slot(before string, f field, nobody string) Slot {
	if r.marks == nil {
		return Slot{text: nobody}
	}
	return Slot{text: before + r.marks.mark(slot{field: f})}
}

// marks remembers what stands for what while one letter is rendered. A mark is
// letters and digits, so that no escaping changes it, and begins with 128
// random bits, so that no text of a post can pass for one. It is used by one
// goroutine.
type marks struct {
	nonce string
	slots []slot
}

func newMarks() *marks { return &marks{nonce: rand.Text()} }

func (m *marks) mark(s slot) string {
	for i, have := range m.slots {
		if have == s {
			return m.name(i)
		}
	}
	m.slots = append(m.slots, s)
	return m.name(len(m.slots) - 1)
}

func (m *marks) name(i int) string { return m.nonce + "x" + strconv.Itoa(i) + "x" }

// piece is fixed text, or a slot.
type piece struct {
	text string
	slot slot
}

// split cuts a rendered text at its marks. Remains of a mark that a template
// cut or changed are an error.
func (m *marks) split(s string, context func(before string, s slot) slot) ([]piece, error) {
	pattern := regexp.MustCompile(m.nonce + `x(\d+)x`)
	var list []piece
	last := 0
	for _, at := range pattern.FindAllStringSubmatchIndex(s, -1) {
		i, err := strconv.Atoi(s[at[2]:at[3]])
		if err != nil || i >= len(m.slots) {
			return nil, errBrokenMark
		}
		list = append(list, piece{text: s[last:at[0]]}, piece{slot: context(s[:at[0]], m.slots[i])})
		last = at[1]
	}
	list = append(list, piece{text: s[last:]})
	for _, p := range list {
		if strings.Contains(p.text, m.nonce) {
			return nil, errBrokenMark
		}
	}
	return list, nil
}
