package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
	"postrider/store"
)

// submit sends a form, as name and value by turns.
func submit(t testing.TB, h http.Handler, target string, fields ...string) *httptest.ResponseRecorder {
	t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return send(t, h, target, "application/x-www-form-urlencoded", form.Encode())
}

// send sends a body from another machine.
func send(t testing.TB, h http.Handler, target, mediaType, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", mediaType)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// reader is a subscriber in some state.
func (h *house) reader(email string, state newsletter.State) newsletter.Subscriber {
	h.t.Helper()
	sub, _, err := h.store.AddSubscriber(h.t.Context(), store.NewSubscriber{Email: newsletter.Address(email), Name: "Ada Byron",
		Cadence: newsletter.Weekly, State: newsletter.Active, Consent: newsletter.Consent{At: h.now,
			Action: newsletter.Confirmed, Method: newsletter.ByCommand, Text: "Asked at the desk."}}, h.now)
	h.ok(err)
	if state == newsletter.Active {
		return sub
	}
	return h.become(sub, state)
}

// become puts a reader into a state.
func (h *house) become(sub newsletter.Subscriber, state newsletter.State) newsletter.Subscriber {
	h.t.Helper()
	sub, err := h.store.ChangeSubscriberByID(h.t.Context(), sub.ID, func(s newsletter.Subscriber) (newsletter.Subscriber, error) {
		if state == newsletter.Erased {
			return s.Erase(h.now), nil
		}
		s.State, s.Changed = state, h.now
		return s, nil
	}, store.Record{}, h.now)
	h.ok(err)
	return sub
}

func (h *house) byID(id newsletter.ID) newsletter.Subscriber {
	h.t.Helper()
	sub, err := h.store.SubscriberByID(h.t.Context(), id)
	h.ok(err)
	return sub
}

// token is the token of a link in a mail.
func (h *house) token(p newsletter.Purpose, id newsletter.ID) string {
	return h.keys().Token(p, id, time.Time{})
}

// ask asks a reader to confirm what stands on the list, and is the path of the link.
func (h *house) ask(sub newsletter.Subscriber) string {
	h.t.Helper()
	notifier := mailer.Notifier{Composer: h.composer("en"), Keys: h.keys(), Queue: h.store, ConfirmWithin: 7 * 24 * time.Hour}
	queued, err := notifier.Confirm(h.t.Context(), sub.ID, h.now)
	h.ok(err)
	mails := h.deliver()
	if !queued || len(mails) != 1 {
		h.t.Fatalf("%d mails ask to confirm", len(mails))
	}
	return confirmLink(h.t, mails[0])
}

// confirmLink is the path of the link in a mail that asks to confirm.
func confirmLink(t testing.TB, m MailView) string {
	t.Helper()
	link := regexp.MustCompile(`https://news\.example\.org(/confirm/\S+)`).FindStringSubmatch(m.Text)
	if link == nil {
		t.Fatalf("no link to confirm in\n%s", m.Text)
	}
	return link[1]
}

// purposes are the addresses of links in mails, by what their tokens permit.
func purposes() map[newsletter.Purpose]string {
	return map[newsletter.Purpose]string{newsletter.Confirm: "/confirm/", newsletter.Unsubscribe: "/unsubscribe/", newsletter.Preferences: "/preferences/"}
}

func checkPrivate(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex", "Set-Cookie": ""} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestConfirm(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en", func(c *Config, _ *Parts) { c.SignUps.Welcome = true })
	sub := house.reader("ada@example.org", newsletter.Pending)
	link := house.ask(sub)
	page := get(t, h, link)
	checkPrivate(t, page)
	if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), "Confirm subscription</button>") ||
		!strings.Contains(page.Body.String(), "Ada Byron") { // anybody could have written another name there
		t.Fatalf("%d:\n%s", page.Code, page.Body)
	}
	if got := house.byID(sub.ID); got.State != newsletter.Pending {
		t.Fatalf("looking at the page made the reader %s", got.State)
	}
	for range 2 {
		house.now = house.now.Add(time.Hour)
		if w := submit(t, h, link); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "You are in") {
			t.Fatalf("%d:\n%s", w.Code, w.Body)
		}
	}
	consents, err := house.store.Consents(t.Context(), sub.ID)
	house.ok(err)
	last := consents[len(consents)-1]
	if got := house.byID(sub.ID); got.State != newsletter.Active || len(consents) != 2 || last.Method != newsletter.ByDoubleOptIn ||
		last.Action != newsletter.Confirmed || last.Source != "192.0.2.1" || !strings.Contains(page.Body.String(), last.Text) {
		t.Errorf("%+v, %+v", got, consents)
	}
	if mails := house.claim(); len(mails) != 1 || mails[0].To != "ada@example.org" {
		t.Errorf("welcomed by %+v", mails)
	}
}

// claim takes all mail that is due.
func (h *house) claim() []mailer.Delivery {
	h.t.Helper()
	worker, err := h.store.Enlist(h.t.Context(), mailer.Process{Host: "here", PID: 1, Started: "then"}, h.now.Add(time.Hour))
	h.ok(err)
	mails, err := h.store.Claim(h.t.Context(), worker, h.now, 1000)
	h.ok(err)
	return mails
}

func TestConfirmLinksThatAreOver(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en")
	for _, state := range []newsletter.State{newsletter.Unsubscribed, newsletter.Bounced, newsletter.Complained, newsletter.Erased} {
		sub := house.reader(string(state)+"@example.org", newsletter.Pending)
		link := house.ask(sub)
		house.become(sub, state)
		for _, w := range []*httptest.ResponseRecorder{get(t, h, link), submit(t, h, link)} {
			if w.Code != http.StatusGone || !strings.Contains(w.Body.String(), `href="/subscribe"`) {
				t.Errorf("%s: %d\n%s", state, w.Code, w.Body)
			}
		}
		if got := house.byID(sub.ID); got.State != state {
			t.Errorf("one who was %s became %s", state, got.State)
		}
	}
	sub := house.reader("late@example.org", newsletter.Pending)
	link := house.ask(sub)
	house.now = house.now.Add(8 * 24 * time.Hour)
	if w := submit(t, h, link); w.Code != http.StatusGone || house.byID(sub.ID).State != newsletter.Pending {
		t.Errorf("an expired link: %d\n%s", w.Code, w.Body)
	}
}

func TestUnsubscribe(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en")
	sub := house.reader("ada@example.org", newsletter.Active)
	link := "/unsubscribe/" + house.token(newsletter.Unsubscribe, sub.ID)
	house.now = house.now.AddDate(10, 0, 0)
	page := get(t, h, link)
	checkPrivate(t, page)
	if page.Code != http.StatusOK || house.byID(sub.ID).State != newsletter.Active {
		t.Fatalf("looking at the page: %d, %s", page.Code, house.byID(sub.ID).State)
	}
	w := submit(t, h, link, "do", "leave")
	if w.Code != http.StatusOK || house.byID(sub.ID).State != newsletter.Unsubscribed || !strings.Contains(w.Body.String(), "You have left") {
		t.Fatalf("%d, %s:\n%s", w.Code, house.byID(sub.ID).State, w.Body)
	}
	if w := submit(t, h, link, "do", "explain", "reason", "other", "words", "Too\r\nlong."); !strings.Contains(w.Body.String(), "Thank you") {
		t.Errorf("told why:\n%s", w.Body)
	}
	events, err := house.store.Events(t.Context(), sub.ID)
	house.ok(err)
	if len(events) != 1 || events[0].Kind != "unsubscribed" || events[0].Detail != "other: Too long." {
		t.Errorf("%+v", events)
	}
	if w := get(t, h, link); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `href="/subscribe"`) {
		t.Errorf("again: %d\n%s", w.Code, w.Body)
	}
}

// RFC 8058, section 3.1: a POST from the mail program, in either encoding.
func TestOneClick(t *testing.T) {
	multipart := "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n"
	for mediaType, body := range map[string]string{
		"application/x-www-form-urlencoded": "List-Unsubscribe=One-Click",
		"multipart/form-data; boundary=b":   multipart,
	} {
		house := newHouse(t, "https://news.example.org")
		h := house.server("en")
		sub := house.reader("ada@example.org", newsletter.Active)
		link := "/unsubscribe/" + house.token(newsletter.Unsubscribe, sub.ID)
		for range 2 {
			w := send(t, h, link, mediaType, body, "Origin", "https://mail.example.com", "Sec-Fetch-Site", "cross-site")
			checkPrivate(t, w)
			if w.Code != http.StatusOK || w.Body.Len() > 100 || w.Header().Get("Location") != "" {
				t.Errorf("%s: %d\n%s", mediaType, w.Code, w.Body)
			}
		}
		consents, err := house.store.Consents(t.Context(), sub.ID)
		house.ok(err)
		if house.byID(sub.ID).State != newsletter.Unsubscribed || len(consents) != 2 || consents[1].Method != newsletter.ByOneClick {
			t.Errorf("%s: %s, %+v", mediaType, house.byID(sub.ID).State, consents)
		}
	}
}

func TestBreakInsteadOfLeaving(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en")
	sub := house.reader("ada@example.org", newsletter.Active)
	w := submit(t, h, "/unsubscribe/"+house.token(newsletter.Unsubscribe, sub.ID), "do", "pause")
	got := house.byID(sub.ID)
	if got.State != newsletter.Active || !got.PausedUntil.Equal(house.now.AddDate(0, 3, 0)) || !strings.Contains(w.Body.String(), "2 June 2026") {
		t.Errorf("%+v\n%s", got, w.Body)
	}
}

// The form that asks why is sent again by who has come back since: that is no wish
// to leave a second time.
func TestOldFormsTakeNobodyOff(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en")
	sub := house.reader("ada@example.org", newsletter.Active)
	link := "/unsubscribe/" + house.token(newsletter.Unsubscribe, sub.ID)
	for _, do := range []string{"explain", "save", "pause now"} {
		w := submit(t, h, link, "do", do, "reason", "too_much")
		if w.Code != http.StatusOK || house.byID(sub.ID).State != newsletter.Active {
			t.Errorf("do=%s: %d, and the reader is %s", do, w.Code, house.byID(sub.ID).State)
		}
	}
	if submit(t, h, link); house.byID(sub.ID).State != newsletter.Unsubscribed {
		t.Error("an empty form, as some mail programs send it, does not unsubscribe")
	}
}

// An unsubscribe stops what waits in the outbox already.
func TestLeavingStopsWhatIsOnItsWay(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en")
	issue := house.issue(house.post("2026-03-01-first.md", "The first."))
	sub, err := house.store.Subscriber(t.Context(), "ada@example.org")
	house.ok(err)
	if w := send(t, h, "/unsubscribe/"+house.token(newsletter.Unsubscribe, sub.ID), "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"); w.Code != http.StatusOK {
		t.Fatalf("%d\n%s", w.Code, w.Body)
	}
	box := house.deliver()
	tally, err := house.store.Tally(t.Context(), issue)
	house.ok(err)
	if tally.Count[mailer.Suppressed] != 1 || len(box) != 0 {
		t.Errorf("%+v, and %d mails went out", tally, len(box))
	}
}
