package web

import (
	stdhtml "html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"postrider/newsletter"
)

func TestProgramsThatFillInForms(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en")
	keys := house.keys()
	for name, fields := range map[string][]string{
		"the hidden field":   {"website", "https://example.com"},
		"in no time":         {"shown", keys.Stamp(house.now.Add(time.Millisecond - fillTime))},
		"before it is shown": {"shown", keys.Stamp(house.now.Add(time.Hour))},
		"a stamp of its own": {"shown", "AAAA"},
	} {
		w := submit(t, h, "/subscribe", append(fields, "email", "ada@example.org")...)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Check your mail") {
			t.Errorf("%s: %d\n%s", name, w.Code, w.Body)
		}
	}
	if _, err := house.store.Subscriber(t.Context(), "ada@example.org"); err == nil {
		t.Error("a program has subscribed someone")
	}
}

// What is no text is not understood, and not shown either.
func TestFormsThatAreNoText(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en")
	for _, fields := range [][]string{{"email", "ada\xff@example.org"}, {"email", "ada@example.org", "name", "\xff\xfe"}} {
		if w := submit(t, h, "/subscribe", fields...); w.Code != http.StatusBadRequest || !utf8.Valid(w.Body.Bytes()) {
			t.Errorf("%q: %d\n%s", fields, w.Code, w.Body)
		}
	}
}

func TestMistypedForms(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en", func(c *Config, _ *Parts) { c.SignUps.PerClient = 1000 })
	long := strings.Repeat("a", 300)
	for _, c := range []struct{ field, value, word string }{
		{"email", "", "Please write"},
		{"email", "   ", "Please write"},
		{"email", "ada", "has an @"},
		{"email", long + "@example.org", "longer than any"},
		{"email", "ada@example.org\r\nBcc: all@example.org", "No mail can reach"},
		{"email", "ada@example.org\n.", "No mail can reach"},
		{"email", `"ada lovelace"@example.org`, "No mail can reach"},
		{"email", `"><script>alert(1)</script>@example.org`, "No mail can reach"},
		{"email", "ada@localhost@example.org", "No mail can reach"},
		{"email", "ada@[127.0.0.1]", "No mail can reach"},
		{"email", "Ada <ada@example.org>", "No mail can reach"},
		{"email", "ada\x00@example.org", "No mail can reach"},
		{"name", long, "too long"},
		{"cadence", "hourly", "how often"},
		{"cadence", "monthly", "how often"}, // has no digest
		{"topic", "<b>nothing</b>", "topics from the list"},
		{"topic", long, "topics from the list"},
	} {
		fields := []string{c.field, c.value}
		if c.field != "email" {
			fields = append(fields, "email", "ada@example.org")
		}
		w := submit(t, h, "/subscribe", fields...)
		body := w.Body.String()
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(body, c.word) || strings.Contains(body, "<script") || strings.Contains(body, "<b>") {
			t.Errorf("%s %q: %d\n%s", c.field, c.value, w.Code, body)
		}
		if c.field == "topic" && strings.Contains(body, stdhtml.EscapeString(c.value)) {
			t.Errorf("a topic that is none is offered:\n%s", body)
		}
		if c.field == "email" && strings.TrimSpace(c.value) != "" && !strings.Contains(c.value, "\x00") {
			typed := regexp.MustCompile(`name="email"[^>]* value="([^"]*)"`).FindStringSubmatch(body)
			if typed == nil || stdhtml.UnescapeString(typed[1]) != c.value {
				t.Errorf("%q was not kept: %q", c.value, typed)
			}
		}
		w = send(t, h, "/subscribe/embed", "application/x-www-form-urlencoded", c.field+"="+strings.ReplaceAll(c.value, "&", ""))
		if w.Header().Get("Content-Security-Policy") != framePolicy {
			t.Errorf("a mistake within a frame has the policy %q", w.Header().Get("Content-Security-Policy"))
		}
	}
	if mails := house.claim(); len(mails) != 0 {
		t.Errorf("%d mails", len(mails))
	}
}

func TestUnusualAddressesThatMailReaches(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en")
	for typed, address := range map[string]newsletter.Address{
		"jörg@bücher.example":     "jörg@xn--bcher-kva.example",
		"\U0001F40E@example.org":  "\U0001F40E@example.org",
		"o'neil+news@example.org": "o'neil+news@example.org",
	} {
		if w := submit(t, h, "/subscribe", "email", typed); w.Code != http.StatusOK {
			t.Errorf("%s: %d\n%s", typed, w.Code, w.Body)
		}
		if _, err := house.store.Subscriber(t.Context(), address); err != nil {
			t.Errorf("%s: %v", typed, err)
		}
	}
}
