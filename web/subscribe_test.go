package web

import (
	"bytes"
	"fmt"
	stdhtml "html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"postrider/newsletter"
)

// Whoever asks learns nothing of who is on the list.
func TestSubscribeAnswersAlike(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en", func(c *Config, _ *Parts) { c.SignUps.PerClient = 1000 })
	addresses := []string{"new@example.org"}
	mailed := map[string]bool{"new@example.org": true}
	for _, state := range newsletter.States() {
		email := string(state) + "@example.org"
		addresses = append(addresses, email)
		house.reader(email, state)
		mailed[email] = state != newsletter.Bounced && state != newsletter.Complained
	}
	pages, answers := map[string]bool{}, map[string]bool{}
	for range 2 { // the second time each is known
		for _, email := range addresses {
			w := submit(t, h, "/subscribe", "email", email, "name", "Buy gold", "cadence", "daily")
			checkPrivate(t, w)
			pages[fmt.Sprint(w.Code, without(w.Header(), "X-Request-Id"), w.Body)] = true
			w = send(t, h, "/subscribe", "application/json", `{"email":"`+email+`"}`)
			answers[fmt.Sprint(w.Code, without(w.Header(), "X-Request-Id"), w.Body)] = true
		}
	}
	if len(pages) != 1 || len(answers) != 1 || !answers[oneOf(answers)] || !strings.Contains(oneOf(pages), "Check your mail") {
		t.Errorf("%d pages, %d answers:\n%s\n%s", len(pages), len(answers), oneOf(pages), oneOf(answers))
	}
	got := map[string]int{}
	for _, m := range house.deliver() {
		got[m.To]++
		if strings.Contains(m.Text+m.HTML+fmt.Sprint(m.Header), "gold") {
			t.Errorf("a stranger's words went to %s:\n%+v", m.To, m)
		}
	}
	for _, email := range addresses {
		mails := got[email] + got["Ada Byron <"+email+">"] + got[`"Ada Byron" <`+email+">"]
		if want := map[bool]int{true: 1}[mailed[email]]; mails != want {
			t.Errorf("%s got %d mails, want %d (%v)", email, mails, want, got)
		}
	}
}

func without(h http.Header, name string) http.Header {
	h = h.Clone()
	h.Del(name)
	return h
}

func oneOf(set map[string]bool) string {
	for one := range set {
		return one
	}
	return ""
}

var stamped = regexp.MustCompile(`name="shown" value="([^"]+)"`)

func TestSubscribeAndConfirm(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	house.post("2026-03-01-first.md", "---\ntags: [History]\n---\nThe first.")
	h := house.server("en")
	page := get(t, h, "/subscribe")
	checkPrivate(t, page)
	stamp := stamped.FindStringSubmatch(page.Body.String())
	if stamp == nil {
		t.Fatalf("no form:\n%s", page.Body)
	}
	house.now = house.now.Add(time.Minute)
	w := submit(t, h, "/subscribe", "email", " Ada@Example.ORG ", "name", "Ada", "cadence", "daily", "topic", "history", "shown", stamp[1], "website", "")
	if w.Code != http.StatusOK {
		t.Fatalf("%d\n%s", w.Code, w.Body)
	}
	sub, err := house.store.Subscriber(t.Context(), "Ada@example.org")
	house.ok(err)
	if sub.State != newsletter.Pending || sub.Name != "Ada" || sub.Cadence != newsletter.Daily || len(sub.Topics) != 1 {
		t.Errorf("%+v", sub)
	}
	consents, err := house.store.Consents(t.Context(), sub.ID)
	house.ok(err)
	if len(consents) != 1 || consents[0].Method != newsletter.ByForm || consents[0].Source != "192.0.2.1" ||
		!strings.Contains(stdhtml.UnescapeString(page.Body.String()), consents[0].Text) {
		t.Errorf("%+v", consents)
	}
	mails := house.deliver()
	if len(mails) != 1 || mails[0].To != "Ada@example.org" && mails[0].To != "<Ada@example.org>" {
		t.Fatalf("%+v", mails)
	}
	if w := submit(t, h, confirmLink(t, mails[0])); w.Code != http.StatusOK || house.byID(sub.ID).State != newsletter.Active {
		t.Errorf("%d, %s", w.Code, house.byID(sub.ID).State)
	}
}

// Who leaves and asks for mail again gets the mail that the page speaks of, on the
// same day too, and only the link in that brings them back: as the page shows it.
func TestLeaveAndSubscribeAgain(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en")
	submit(t, h, "/subscribe", "email", "ada@example.org", "name", "Ada")
	former := confirmLink(t, house.deliver()[0])
	submit(t, h, former)
	sub, err := house.store.Subscriber(t.Context(), "ada@example.org")
	house.ok(err)
	submit(t, h, "/unsubscribe/"+house.token(newsletter.Unsubscribe, sub.ID), "do", "leave")
	submit(t, h, "/subscribe", "email", "ada@example.org", "name", "Countess", "cadence", "daily")
	if got := house.byID(sub.ID); got.State != newsletter.Unsubscribed || got.Name != "Ada" || got.Cadence != newsletter.Weekly {
		t.Errorf("to ask made the reader %+v", got)
	}
	for _, w := range []*httptest.ResponseRecorder{get(t, h, former), submit(t, h, former)} {
		if w.Code != http.StatusGone {
			t.Errorf("the link of before: %d\n%s", w.Code, w.Body)
		}
	}
	mails := house.deliver()
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	link := confirmLink(t, mails[0])
	if page := get(t, h, link).Body.String(); !strings.Contains(page, "Countess") || !strings.Contains(page, "Every day") {
		t.Errorf("the page does not show what is asked for:\n%s", page)
	}
	data := get(t, h, "/preferences/"+house.token(newsletter.Preferences, sub.ID)+"/data.json").Body.String()
	if !strings.Contains(data, `"name": "Countess"`) {
		t.Errorf("the reader's data lacks what is asked for:\n%s", data)
	}
	submit(t, h, link)
	if got := house.byID(sub.ID); got.State != newsletter.Active || got.Name != "Countess" || got.Cadence != newsletter.Daily {
		t.Errorf("came back as %+v", got)
	}
}

func TestTenThousandSignUps(t *testing.T) {
	const mails = 40
	house := newHouse(t, "https://news.example.org")
	var log bytes.Buffer
	h := house.server("en", func(c *Config, p *Parts) {
		p.Log = slog.New(slog.NewTextHandler(&log, nil))
		c.SignUps.PerHour = mails
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}
	})
	codes := map[int]int{}
	for i := range 10000 {
		client := fmt.Sprintf("2001:db8:%x:%x::%x", i%500, i%7, i)
		w := send(t, h, "/subscribe", "application/x-www-form-urlencoded", fmt.Sprintf("email=reader%d@example.org", i), "X-Forwarded-For", client)
		codes[w.Code]++
		if w.Code == http.StatusServiceUnavailable && (w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "just now")) {
			t.Fatalf("%v\n%s", w.Header(), w.Body)
		}
	}
	if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), "subscribe.per_hour") {
		t.Errorf("%d lines in the log:\n%.1000s", n, &log)
	}
	counts, err := house.store.CountSubscribers(t.Context())
	house.ok(err)
	if codes[http.StatusOK] != mails || codes[http.StatusServiceUnavailable] != 10000-mails ||
		len(house.claim()) != mails || counts[newsletter.Pending][newsletter.Weekly] != mails {
		t.Errorf("%v, %v", codes, counts)
	}
}

func TestFrame(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en", func(c *Config, _ *Parts) { c.SignUps.PerClient = 1 })
	for _, w := range []*httptest.ResponseRecorder{
		get(t, h, "/subscribe/embed"),
		submit(t, h, "/subscribe/embed", "email", "ada@example.org"),
		submit(t, h, "/subscribe/embed", "email", "ada@example.org"), // one too many
	} {
		checkPrivate(t, w)
		if w.Header().Get("Content-Security-Policy") != framePolicy || w.Header().Get("X-Frame-Options") != "" {
			t.Errorf("%v", w.Header())
		}
		if w.Code == http.StatusTooManyRequests && w.Header().Get("Retry-After") == "" {
			t.Error("429 does not say when to come back")
		}
	}
	if mails := house.claim(); len(mails) != 1 {
		t.Errorf("%d mails", len(mails))
	}
}
