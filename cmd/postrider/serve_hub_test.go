package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
)

// A post that another process publishes is told to the hub, and what was told is
// not told again by the next process.
func TestServeTellsHubs(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var told []string
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, r.FormValue("hub.mode")+" "+r.FormValue("hub.topic"))
		w.WriteHeader(http.StatusAccepted)
	}))
	defer hub.Close()
	count := func(topic string) (n int) {
		mu.Lock()
		defer mu.Unlock()
		for _, what := range told {
			if what == "publish https://gazette.example.org/"+topic {
				n++
			}
		}
		return n
	}
	s := &site{t: t, dir: t.TempDir()}
	s.write("config.yaml", twoDigests+"feed: {hubs: [\""+hub.URL+"/\"]}\n")
	s.write("posts/first.md", "---\ntitle: The first\ntags: [Cats]\n---\nWords.\n")
	v := s.serveAnywhere()
	waitFor(t, "the new hub being told", func() bool { return count("feed.json") == 1 })
	s.must("post", "add", "posts/first.md")
	waitFor(t, "the post being told", func() bool {
		return count("feed.xml") == 2 && count("feed.json") == 2 && count("atom.xml") == 2 && count("tags/cats/atom.xml") == 1
	})
	v.signal(os.Interrupt)
	v.exits(exitDone, `"msg":"hub told"`)

	s.must("post", "withdraw", "first")
	v = s.serveAnywhere()
	waitFor(t, "what happened meanwhile being told", func() bool { return count("feed.xml") == 3 })
	v.signal(os.Interrupt)
	v.exits(exitDone)
	if count("tags/cats/feed.xml") != 1 {
		t.Errorf("told %q", told)
	}
}
