package web

import (
	"database/sql"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postrider/newsletter"
	"postrider/store"
)

func TestForgedLinks(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	h := house.server("en")
	sub := house.reader("ada@example.org", newsletter.Active)
	other, err := newsletter.NewKeyring([]byte(strings.Repeat("x", 32)))
	house.ok(err)
	bodies := map[string]bool{}
	for purpose, path := range purposes() {
		good := house.token(purpose, sub.ID)
		bad := map[string]string{"short": good[:len(good)-1], "long": good + "A",
			"another site's": other.Token(purpose, sub.ID, time.Time{}), "noise": strings.Repeat("A", len(good)),
			"for another purpose": house.keys().Token(newsletter.View, sub.ID, time.Time{})}
		if purpose != newsletter.Confirm { // that would be a request withdrawn since
			bad["of nobody"] = house.token(purpose, newsletter.NewID())
		}
		for foreign := range purposes() {
			if foreign != purpose {
				bad["of "+purposes()[foreign]] = house.token(foreign, sub.ID)
			}
		}
		for _, at := range []int{0, 9, 20, len(good) - 1} {
			forged := []byte(good)
			if forged[at] == 'A' {
				forged[at] = 'B'
			} else {
				forged[at] = 'A'
			}
			bad["forged at "+string(rune('a'+at))] = string(forged)
		}
		for _, name := range slices.Sorted(maps.Keys(bad)) {
			for _, w := range []*httptest.ResponseRecorder{get(t, h, path+bad[name]), submit(t, h, path+bad[name])} {
				if w.Code != http.StatusNotFound {
					t.Errorf("%s, %s: %d", path, name, w.Code)
				}
				bodies[w.Body.String()] = true
			}
		}
	}
	if len(bodies) != 1 {
		t.Errorf("%d different answers tell what is wrong with a token", len(bodies))
	}
	if got := house.byID(sub.ID); got.State != newsletter.Active {
		t.Errorf("a forged link made the reader %s", got.State)
	}
}

func TestLinksOfPreviews(t *testing.T) {
	h := newHouse(t, "https://news.example.org").server("en")
	for _, path := range purposes() {
		for _, w := range []*httptest.ResponseRecorder{get(t, h, path+"preview"), submit(t, h, path+"preview", "do", "leave")} {
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "This is a preview") {
				t.Errorf("%s: %d\n%s", path, w.Code, w.Body)
			}
		}
	}
}

// contents is everything that is in the database.
func (h *house) contents() string {
	h.t.Helper()
	db, err := sql.Open("sqlite3", filepath.Join(h.dir, "postrider.db"))
	h.ok(err)
	defer db.Close()
	var b strings.Builder
	for _, table := range h.column(db, `SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`) {
		for _, column := range h.column(db, `SELECT name FROM pragma_table_info(?)`, table) {
			fmt.Fprintln(&b, table, column, h.column(db, `SELECT quote("`+column+`") FROM "`+table+`" ORDER BY 1`))
		}
	}
	return b.String()
}

func (h *house) column(db *sql.DB, query string, args ...any) (list []string) {
	h.t.Helper()
	rows, err := db.Query(query, args...)
	h.ok(err)
	defer rows.Close()
	for rows.Next() {
		var text string
		h.ok(rows.Scan(&text))
		list = append(list, text)
	}
	h.ok(rows.Err())
	return list
}

// Programs that look into mail follow every link, some of them twice.
func TestLookingChangesNothing(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	house.issue(house.post("2026-03-01-first.md", "---\ntags: [History]\n---\nThe first."))
	h := house.server("en", func(c *Config, _ *Parts) { c.SignUps.Welcome = true })
	house.deliver()
	var targets []string
	for _, state := range newsletter.States() {
		sub := house.reader(string(state)+"@example.org", state)
		for purpose, path := range purposes() {
			targets = append(targets, path+house.token(purpose, sub.ID))
		}
		if state == newsletter.Active || state == newsletter.Pending {
			targets = append(targets, house.ask(sub))
		}
		preferences := "/preferences/" + house.token(newsletter.Preferences, sub.ID)
		targets = append(targets, preferences+"/data.json", preferences+"/erase")
	}
	targets = append(targets, "/subscribe", "/subscribe?email=eve@example.org", "/subscribe/embed", "/confirm/", "/unsubscribe/preview")
	before := house.contents()
	for _, target := range targets {
		for _, query := range []string{"", "?do=leave&List-Unsubscribe=One-Click", "?do=erase&months=3"} {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
				r := httptest.NewRequest(method, target, nil)
				r.URL.RawQuery += strings.TrimPrefix(query, "?")
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Code >= http.StatusInternalServerError {
					t.Errorf("%s %s: %d", method, target, w.Code)
				}
			}
		}
	}
	if after := house.contents(); after != before {
		t.Errorf("looking changed the database from\n%s\nto\n%s", before, after)
	}
}

// What would change something is put off while another process writes.
func TestReadersOfABusyDatabase(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	sub := house.reader("ada@example.org", newsletter.Pending)
	left := house.reader("ida@example.org", newsletter.Active)
	link := house.ask(sub)
	house.ok(house.store.Close())
	path := filepath.Join(house.dir, "postrider.db")
	var err error
	house.store, err = store.Open(t.Context(), path, store.Options{Wait: 20 * time.Millisecond})
	house.ok(err)
	h := house.server("en")
	posts := map[string][]string{
		"/subscribe": {"email", "eve@example.org"},
		link:         nil,
		"/unsubscribe/" + house.token(newsletter.Unsubscribe, left.ID):            nil,
		"/preferences/" + house.token(newsletter.Preferences, left.ID):            {"do", "save", "name", "Ida"},
		"/preferences/" + house.token(newsletter.Preferences, left.ID) + "/erase": nil,
	}
	before := house.contents()
	other, err := sql.Open("sqlite3", path)
	house.ok(err)
	defer other.Close()
	other.SetMaxOpenConns(1)
	_, err = other.Exec("BEGIN IMMEDIATE")
	house.ok(err)
	for target, fields := range posts {
		if w := submit(t, h, target, fields...); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" ||
			strings.Contains(w.Body.String(), "database") {
			t.Errorf("%s: %d\n%s", target, w.Code, w.Body)
		}
	}
	_, err = other.Exec("ROLLBACK")
	house.ok(err)
	if after := house.contents(); after != before {
		t.Error("what was put off has changed something")
	}
	for _, target := range slices.Sorted(maps.Keys(posts)) {
		if w := submit(t, h, target, posts[target]...); w.Code != http.StatusOK {
			t.Errorf("%s afterwards: %d", target, w.Code)
		}
	}
}
