package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
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
