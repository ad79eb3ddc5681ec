package main

import (
	"context"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestDemoServesUntilInterrupted(t *testing.T) {
	a, _, errs := demoApp(t)
	r, w := io.Pipe()
	a.out = w
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	ended := make(chan int, 1)
	go func() {
		ended <- a.run(ctx, []string{"demo", "--json", "--address", "127.0.0.1:0"})
		w.Close()
	}()
	var view demoView
	if err := json.NewDecoder(r).Decode(&view); err != nil {
		t.Fatalf("%v, stderr %q", err, errs)
	}
	for path, want := range map[string]string{
		"/":                             "The Saddlebag",
		"/feed.xml":                     view.URL + "/posts/" + demoByHand,
		"/issues/" + view.Issues[0].ID:  "The mochila",
		"/issues/none":                  "no such issue",
		"/posts/pigeons-of-the-citadel": `dir="rtl"`,
		"/posts/a-postmark-is-a-receipt/postmark.png": "PNG",
	} {
		res, err := http.Get(view.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || !strings.Contains(string(body), want) {
			t.Errorf("%s: %s without %q, %v", path, res.Status, want, err)
		}
	}
	subscribesInDemo(t, view.URL)
	interrupt()
	if _, err := io.Copy(io.Discard, r); err != nil {
		t.Fatal(err)
	}
	if code := <-ended; code != exitDone || errs.Len() > 0 {
		t.Errorf("exit %d, stderr %q", code, errs)
	}
	if _, err := os.Stat(view.Database); err != nil {
		t.Errorf("the folder does not stay: %v", err)
	}
	if _, err := http.Get(view.URL); err == nil {
		t.Error("it is still served")
	}
}

// subscribesInDemo goes the whole way of a reader, with nothing but a browser: the
// form, the mail among those that the demo shows, its link, and the preferences.
func subscribesInDemo(t *testing.T, site string) {
	t.Helper()
	client := &http.Client{Timeout: 30 * time.Second}
	page := func(method, address string, form url.Values) string {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: %s, %v\n%s", method, address, res.Status, err, body)
		}
		return string(body)
	}
	link := func(text, kind string) string {
		t.Helper()
		found := regexp.MustCompile(regexp.QuoteMeta(site) + `/` + kind + `/[\w.~-]+`).FindString(text)
		if found == "" {
			t.Fatalf("no link to %s in\n%s", kind, text)
		}
		return found
	}
	const reader = "new.reader@example.net"
	if sent := page("POST", site+"/subscribe", url.Values{"email": {reader}}); !strings.Contains(sent, `href="/mails/"`) {
		t.Errorf("nothing says where the mail is:\n%s", sent)
	}
	confirm := link(awaitMail(page, site, reader, "/confirm/"), "confirm")
	page("GET", confirm, nil)
	page("POST", confirm, nil)
	preferences := link(awaitMail(page, site, reader, "/preferences/"), "preferences")
	if shown := page("GET", preferences, nil); !strings.Contains(shown, reader) {
		t.Errorf("these are not the reader's preferences:\n%s", shown)
	}
}

// awaitMail looks among the mails that the demo shows until one to the reader has a
// link of that kind, and gives its HTML.
func awaitMail(page func(method, address string, form url.Values) string, site, reader, kind string) string {
	for {
		for _, found := range regexp.MustCompile(`href="(/mails/[^"/]+)"`).FindAllStringSubmatch(page("GET", site+"/mails/", nil), -1) {
			address := site + html.UnescapeString(found[1])
			if !strings.Contains(page("GET", address+"/source", nil), "To: "+reader) {
				continue
			}
			if mail := page("GET", address+"/html", nil); strings.Contains(mail, site+kind) {
				return mail
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestDemoURL(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080",
		"0.0.0.0:80":     "http://localhost:80",
		"[::]:81":        "http://localhost:81",
		":82":            "http://localhost:82",
		"[::1]:83":       "http://[::1]:83",
	} {
		if got, err := demoURL(address); err != nil || got != want {
			t.Errorf("demoURL(%q) = %q, %v; want %q", address, got, err, want)
		}
	}
}
