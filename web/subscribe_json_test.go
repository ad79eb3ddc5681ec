package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestJSON(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en", func(c *Config, _ *Parts) { c.SignUps.Origins = []string{"https://example.org"} })
	for _, c := range []struct {
		body   string
		status int
		field  string
	}{
		{`{"email":"ada@example.org","topic":[],"cadence":"weekly"}`, 200, ""},
		{`{"email":"ada"}`, 422, "email"},
		{`{"email":"ada@example.org","topic":"none"}`, 422, "topic"},
		{`{"email":"ada@example.org","topic":{}}`, 400, ""},
		{`{"email":7}`, 400, ""},
		{`{"email":"ada@example.org"} {}`, 400, ""},
		{`{"email":"ada@example.org"}}]`, 400, ""},
		{"{\"email\":\"\xff@example.org\"}", 400, ""},
		{`{"email":"root@localhost"}`, 422, "email"},
		{`{"email":"` + strings.Repeat("a", maxBody) + `"}`, 413, ""},
		{`nonsense`, 400, ""},
		{`{"email":"` + strings.Repeat("a", maxBody-100) + `"}`, 422, "email"},
	} {
		w := send(t, h, "/subscribe", "application/json; charset=utf-8", c.body, "Origin", "https://example.org")
		var answer struct {
			OK           bool
			Error, Field string
		}
		house.ok(json.Unmarshal(w.Body.Bytes(), &answer))
		if w.Code != c.status || answer.OK != (c.status == 200) || (answer.Error == "") != answer.OK || answer.Field != c.field ||
			w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Access-Control-Allow-Origin") != "https://example.org" {
			t.Errorf("%.60s: %d %v\n%s", c.body, w.Code, w.Header(), w.Body)
		}
	}
}

func TestWhoseScriptsMaySubscribe(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en", func(c *Config, _ *Parts) { c.SignUps.Origins = []string{"https://example.org"} })
	for origin, allowed := range map[string]string{"https://example.org": "https://example.org", "https://example.com": "", "null": "", "": ""} {
		r := httptest.NewRequest(http.MethodOptions, "/subscribe", nil)
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "POST")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusNoContent || w.Header().Get("Access-Control-Allow-Origin") != allowed || w.Header().Get("Vary") != "Origin" ||
			(w.Header().Get("Access-Control-Allow-Headers") == "Content-Type") != (allowed != "") {
			t.Errorf("%s: %d %v", origin, w.Code, w.Header())
		}
	}
	// A form of any site may post, and its visitor reads a page of ours.
	w := send(t, h, "/subscribe", "application/x-www-form-urlencoded", "email=ada@example.org",
		"Origin", "https://example.com", "Sec-Fetch-Site", "cross-site", "Accept", "text/html,application/xhtml+xml")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Check your mail") {
		t.Errorf("%d\n%s", w.Code, w.Body)
	}
}
