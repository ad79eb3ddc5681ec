package web

import (
	"strings"
	"testing"

	"postrider/newsletter"
)

// A cadence that has lost its digest stays chosen, and the page says that no mail comes.
func TestCadenceWithoutDigestSaysSo(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	sub := house.reader("ada@example.org", newsletter.Active)
	link := "/preferences/" + house.token(newsletter.Preferences, sub.ID)
	for weekly, want := range map[bool]string{true: "Every week</label>", false: "Every week (no mail comes at present)</label>"} {
		h := house.server("en", func(c *Config, _ *Parts) {
			if !weekly {
				c.Digests = c.Digests[1:]
			}
		})
		if page := get(t, h, link).Body.String(); !strings.Contains(page, `value="weekly" checked> `+want) {
			t.Errorf("with the digest %t, the page lacks %q:\n%s", weekly, want, page)
		}
	}
}
