package web

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"postrider/newsletter"
	"postrider/store"
)

func TestPreferences(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	house.issue(house.post("2026-03-01-first.md", "---\ntags: [History, C]\n---\nThe first."))
	h := house.server("en")
	sub, err := house.store.Subscriber(t.Context(), "ada@example.org")
	house.ok(err)
	link := "/preferences/" + house.token(newsletter.Preferences, sub.ID)
	page := get(t, h, link)
	checkPrivate(t, page)
	for _, want := range []string{"ada@example.org", `value="weekly" checked`, `value="history"`, "Asked at the desk.", "until 2 April 2026", "/unsubscribe/" + house.token(newsletter.Unsubscribe, sub.ID)} {
		if !strings.Contains(page.Body.String(), want) {
			t.Errorf("the page lacks %q:\n%s", want, page.Body)
		}
	}
	house.now = house.now.Add(time.Hour)
	w := submit(t, h, link, "do", "save", "name", " Ada\nByron ", "cadence", "daily", "topic", "c", "topic", "history")
	got := house.byID(sub.ID)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Saved.") || got.Name != "Ada Byron" ||
		got.Cadence != newsletter.Daily || !slices.Equal(got.Topics, []string{"c", "history"}) || got.Cursor != sub.Cursor {
		t.Errorf("%d, %+v", w.Code, got)
	}
	if !got.Changed.Equal(house.now) {
		t.Errorf("changed at %s", got.Changed)
	}
	if submit(t, h, link, "do", "pause", "months", "12"); !house.byID(sub.ID).PausedUntil.Equal(house.now.AddDate(1, 0, 0)) {
		t.Errorf("paused: %+v", house.byID(sub.ID))
	}
	if submit(t, h, link, "do", "resume"); !house.byID(sub.ID).PausedUntil.IsZero() {
		t.Errorf("resumed: %+v", house.byID(sub.ID))
	}
	submit(t, h, link, "do", "save", "name", "Ada Byron", "cadence", "daily", "topic", "c", "topic", "history")
	events, err := house.store.Events(t.Context(), sub.ID)
	house.ok(err)
	var kept []string
	for _, e := range events {
		kept = append(kept, e.Kind+": "+e.Detail)
	}
	if want := []string{"preferences: cadence daily; topics c, history; name", "preferences: paused until 2027-03-02", "preferences: no pause"}; !slices.Equal(kept, want) {
		t.Errorf("the record is %q, want %q", kept, want)
	}
	before := house.contents()
	for _, fields := range [][]string{
		{"do", "save", "name", strings.Repeat("a", 300)}, {"do", "save", "cadence", "monthly"}, {"do", "save", "topic", "nowhere"},
		{"do", "pause", "months", "1000"}, {"do", "pause"}, {"do", "erase"}, {"do", "dance"}, {},
	} {
		if w := submit(t, h, link, fields...); w.Code != http.StatusUnprocessableEntity && w.Code != http.StatusBadRequest {
			t.Errorf("%v: %d", fields, w.Code)
		}
	}
	if house.contents() != before {
		t.Error("a mistake changed something")
	}
}

// All dates of the page are of one calendar, that of the reader's digest or of the
// first one.
func TestPreferencesInOneZone(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, cadence := range []newsletter.Cadence{newsletter.Weekly, newsletter.Monthly} { // the second has no digest
		house := newHouse(t, "https://news.example.org")
		house.now = time.Date(2026, 11, 27, 2, 18, 0, 0, time.UTC)
		h := house.server("en", func(c *Config, _ *Parts) { c.Digests[0].Zone = zone })
		sub := house.reader("ada@example.org", newsletter.Active)
		sub, err := house.store.ChangeSubscriberByID(t.Context(), sub.ID, func(s newsletter.Subscriber) (newsletter.Subscriber, error) {
			s.Cadence = cadence
			return s, nil
		}, store.Record{}, house.now)
		house.ok(err)
		link := "/preferences/" + house.token(newsletter.Preferences, sub.ID)
		page := get(t, h, link).Body.String() + submit(t, h, link, "do", "pause", "months", "3").Body.String()
		for _, want := range []string{"<dd>26 November 2026</dd>", `-05:00">26 November 2026<`, "until 26 February 2027<", "until 26 February 2027."} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page lacks %s", cadence, want)
			}
		}
		if strings.Contains(page, "27 ") {
			t.Errorf("%s: another calendar:\n%s", cadence, page)
		}
	}
}

// What a mail program says is kept, and shown in words.
func TestPreferencesAfterOneClick(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	sub := house.reader("ada@example.org", newsletter.Active)
	for language, want := range map[string]string{"en": "taken back: with the unsubscribe button of a mail program<", "de": "mit dem Abmeldeknopf eines Mailprogramms<"} {
		h := house.server(language)
		const said = "List-Unsubscribe=One-Click"
		submit(t, h, "/unsubscribe/"+house.token(newsletter.Unsubscribe, sub.ID), "List-Unsubscribe", "One-Click")
		page := get(t, h, "/preferences/"+house.token(newsletter.Preferences, sub.ID)).Body.String()
		if !strings.Contains(page, want) || strings.Contains(page, said) {
			t.Errorf("want %s in:\n%s", want, page)
		}
		if !strings.Contains(house.contents(), said) {
			t.Error("the record does not keep what was said")
		}
	}
}

func TestPreferencesOfThoseWhoGetNoMail(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en")
	for _, state := range newsletter.States() {
		sub := house.reader(string(state)+"@example.org", state)
		link := "/preferences/" + house.token(newsletter.Preferences, sub.ID)
		before := house.byID(sub.ID)
		if w := submit(t, h, link, "do", "save", "name", "Eve", "cadence", "daily"); w.Code != http.StatusOK {
			t.Errorf("%s: %d\n%s", state, w.Code, w.Body)
		}
		if changed := house.byID(sub.ID).Cadence != before.Cadence; changed != (state == newsletter.Active) {
			t.Errorf("%s: changed %t", state, changed)
		}
	}
}

func TestOwnData(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	issue := house.issue(house.post("2026-03-01-first.md", "The first."))
	h := house.server("en")
	sub, err := house.store.Subscriber(t.Context(), "ada@example.org")
	house.ok(err)
	w := get(t, h, "/preferences/"+house.token(newsletter.Preferences, sub.ID)+"/data.json")
	checkPrivate(t, w)
	var data map[string]any
	house.ok(json.Unmarshal(w.Body.Bytes(), &data))
	want := []string{"cadence", "changed", "consent", "created", "cursor", "deliveries", "email", "events", "id", "name", "requests", "skip", "state", "topics"}
	if got := slices.Sorted(maps.Keys(data)); !slices.Equal(got, want) {
		t.Errorf("has %v, want %v", got, want)
	}
	if data["email"] != "ada@example.org" || !strings.Contains(w.Body.String(), issue) || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("%v\n%s", w.Header(), w.Body)
	}
}

func TestErase(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en")
	sub := house.reader("ada@example.org", newsletter.Active)
	link := "/preferences/" + house.token(newsletter.Preferences, sub.ID)
	if w := get(t, h, link+"/erase"); w.Code != http.StatusOK || house.byID(sub.ID).State != newsletter.Active {
		t.Fatalf("%d, %s", w.Code, house.byID(sub.ID).State)
	}
	for range 2 {
		if w := submit(t, h, link+"/erase"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "know nothing of you") {
			t.Errorf("%d\n%s", w.Code, w.Body)
		}
	}
	if all := house.contents(); strings.Contains(all, "ada@") || strings.Contains(all, "Byron") || strings.Contains(all, "192.0.2.1") {
		t.Errorf("something is left:\n%s", all)
	}
	for _, target := range []string{link, link + "/data.json", link + "/erase", "/unsubscribe/" + house.token(newsletter.Unsubscribe, sub.ID)} {
		if w := get(t, h, target); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "All is erased") {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
	if w := submit(t, h, "/subscribe", "email", "ada@example.org"); w.Code != http.StatusOK {
		t.Errorf("%d", w.Code)
	}
	back, err := house.store.Subscriber(t.Context(), "ada@example.org")
	house.ok(err)
	if back.ID == sub.ID || back.State != newsletter.Pending {
		t.Errorf("came back as %+v", back)
	}
}

// The pages of readers as they look, for a person to read when they change.
func TestGoldenReaderPages(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	house.post("2026-03-01-first.md", "---\ntags: [History, C]\n---\nThe first.")
	h := house.server("en")
	golden(t, "subscribe.html", stamped.ReplaceAll(get(t, h, "/subscribe").Body.Bytes(), []byte(`name="shown" value="STAMP"`)))
	golden(t, "embed.html", stamped.ReplaceAll(submit(t, h, "/subscribe/embed", "email", "a<b").Body.Bytes(), []byte(`name="shown" value="STAMP"`)))
	golden(t, "sent.html", submit(t, h, "/subscribe", "email", "ada@example.org", "topic", "c").Body.Bytes())
	sub, err := house.store.Subscriber(t.Context(), "ada@example.org")
	house.ok(err)
	confirm, leave := confirmLink(t, house.deliver()[0]), "/unsubscribe/"+house.token(newsletter.Unsubscribe, sub.ID)
	prefer := "/preferences/" + house.token(newsletter.Preferences, sub.ID)
	tokens := strings.NewReplacer(house.token(newsletter.Unsubscribe, sub.ID), "TOKEN", house.token(newsletter.Preferences, sub.ID), "TOKEN")
	golden(t, "confirm.html", get(t, h, confirm).Body.Bytes())
	golden(t, "confirmed.html", submit(t, h, confirm).Body.Bytes())
	golden(t, "preferences.html", []byte(tokens.Replace(get(t, h, prefer).Body.String())))
	golden(t, "erase.html", []byte(tokens.Replace(get(t, h, prefer+"/erase").Body.String())))
	golden(t, "unsubscribe.html", get(t, h, leave).Body.Bytes())
	golden(t, "left.html", submit(t, h, leave).Body.Bytes())
}
