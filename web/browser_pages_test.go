package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestBrowserPages looks at the pages that everybody may read, on a narrow screen and
// a wide one, with a tag that has no place to break.
func TestBrowserPages(t *testing.T) {
	axe := needed(t, axeScript)
	browser := newBrowser(t)
	for _, l := range []look{
		{360, 780, "light", true, "en"}, {360, 780, "dark", true, "ar"}, {1280, 900, "dark", true, "en"}, {1280, 900, "light", true, "de"},
	} {
		t.Run(l.String(), func(t *testing.T) {
			v := newVisit(t, browser, l, axe)
			const long = "averyveryveryverylongtagwithoutanybreakwhatsoeverinitsname1"
			for _, name := range []string{"second", "third"} {
				v.post("2026-03-02-"+name+".md", "---\ntags: [History, "+long+"]\n---\nMore words.")
			}
			issue := v.issue(v.post("2026-03-03-fourth.md", "---\ntags: ["+long+"]\n---\nWords."))
			for _, path := range []string{"/", "/posts/second", "/tags", "/tags/" + long, "/feeds", "/subscribe", "/subscribe/embed"} {
				v.open("page", v.server.URL+path)
			}
			v.open("issue", v.unlocked("/issues/"+issue))
		})
	}
}

// unlocked gives the address of a page that is under no policy: axe is a script, and the
// policy of mails keeps it from running.
func (v *visit) unlocked(path string) string {
	page := get(v.t, v.server.Config.Handler, path).Body.Bytes()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", htmlType)
		_, _ = w.Write(page)
	}))
	v.t.Cleanup(server.Close)
	return server.URL
}
