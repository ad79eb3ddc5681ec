package web

import (
	"net/http"
	"strings"
	"testing"

	"postrider/newsletter"
)

// A page of another site cannot send the forms of a reader, even if it knows the link.
func TestReadersFormsAreOurs(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en")
	sub := house.reader("ada@example.org", newsletter.Active)
	newcomer := house.reader("bob@example.org", newsletter.Pending)
	preferences := "/preferences/" + house.token(newsletter.Preferences, sub.ID)
	for link, body := range map[string]string{
		house.ask(newcomer):    "",
		preferences:            "cadence=monthly",
		preferences + "/erase": "",
	} {
		w := send(t, h, link, "application/x-www-form-urlencoded", body, "Origin", "https://other.example.com", "Sec-Fetch-Site", "cross-site")
		if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "a page of another site") {
			t.Errorf("%s: %d\n%s", link, w.Code, w.Body)
		}
		checkHeaders(t, w)
	}
	if got := house.byID(sub.ID); got.State != newsletter.Active || got.Cadence != sub.Cadence {
		t.Errorf("the reader has become %+v", got)
	}
	if got := house.byID(newcomer.ID); got.State != newsletter.Pending {
		t.Errorf("the newcomer has become %s", got.State)
	}
}
