package web

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// Who follows a tag whose last post is withdrawn gets an empty feed, and no mistake.
func TestTagsOutliveTheirPosts(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	p := house.post("once.md", "---\ntags: [Rare Thing]\n---\nWords.")
	house.post("draft.md", "---\ntags: [unseen]\ndraft: true\n---\nWords.")
	h := house.server("en")
	targets := map[string]string{"/tags/rare-thing": "No post bears this tag.", "/tags/rare-thing/feed.xml": "<title>Example News: Rare Thing</title>",
		"/tags/rare-thing/atom.xml": "Example News: Rare Thing", "/tags/rare-thing/feed.json": "\"items\": []"}
	for target := range targets {
		if w := get(t, h, target); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "/posts/once") {
			t.Errorf("%s: %d\n%s", target, w.Code, w.Body)
		}
	}
	house.now = house.now.Add(time.Hour)
	_, err := house.store.WithdrawPosts(t.Context(), house.now, p.ID)
	house.ok(err)
	house.now = house.now.Add(time.Hour)
	for target, want := range targets {
		if w := get(t, h, target); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) || strings.Contains(w.Body.String(), "/posts/once") {
			t.Errorf("withdrawn, %s: %d\n%s", target, w.Code, w.Body)
		}
	}
	for _, target := range []string{"/tags/rare-thing?page=2", "/tags/unseen", "/tags/unseen/feed.xml", "/tags/never"} {
		if w := get(t, h, target); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
	if w := get(t, h, "/tags"); strings.Contains(w.Body.String(), "rare-thing") {
		t.Errorf("the list of tags has it still:\n%s", w.Body)
	}
}
