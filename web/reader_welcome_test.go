package web

import (
	"net/http"
	"testing"
	"time"

	"postrider/newsletter"
)

// Who asked on two days and presses both links is welcomed once.
func TestOneWelcomeForTwoLinks(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en", func(c *Config, _ *Parts) { c.SignUps.Welcome = true })
	sub := house.reader("ada@example.org", newsletter.Pending)
	links := []string{house.ask(sub)}
	house.now = house.now.Add(24 * time.Hour)
	links = append(links, house.ask(sub))
	if links[0] == links[1] {
		t.Fatal("both days have one link")
	}
	for _, link := range links {
		house.now = house.now.Add(time.Hour)
		if w := submit(t, h, link); w.Code != http.StatusOK {
			t.Fatalf("%s: %d", link, w.Code)
		}
	}
	if mails := house.claim(); len(mails) != 1 {
		t.Errorf("welcomed by %+v", mails)
	}
}
