package web

import (
	"database/sql"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"postrider/store"
)

// While another process writes and does not end, pages are read as ever and what
// would write is put off, with a word when to come back.
func TestABusyDatabase(t *testing.T) {
	for _, mode := range []string{"IMMEDIATE", "EXCLUSIVE"} {
		t.Run(mode, func(t *testing.T) {
			house := newArchive(t, "https://news.example.org")
			house.ok(house.store.Close())
			path := filepath.Join(house.dir, "postrider.db")
			var err error
			house.store, err = store.Open(t.Context(), path, store.Options{Wait: 20 * time.Millisecond})
			house.ok(err)
			writes := 0
			h, _ := house.logged(route{path: "/write", post: func(_ http.ResponseWriter, r *http.Request) error {
				_, err := house.store.SeeDigests(r.Context(), []string{"weekly"}, house.now)
				if err == nil {
					writes++
				}
				return err
			}})

			other, err := sql.Open("sqlite3", path)
			house.ok(err)
			defer other.Close()
			other.SetMaxOpenConns(1)
			_, err = other.Exec("BEGIN " + mode)
			house.ok(err)
			for target, words := range map[string]string{"/": "horn", "/posts/horn": "Blow the", "/posts/first": "The first"} {
				if w := get(t, h, target); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), words) {
					t.Errorf("%s: %d\n%s", target, w.Code, w.Body)
				}
			}
			w := ask(h, http.MethodPost, "/write", "")
			if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || writes != 0 {
				t.Errorf("a write: %d %v, %d were done", w.Code, w.Header(), writes)
			}
			_, err = other.Exec("ROLLBACK")
			house.ok(err)
			if w := ask(h, http.MethodPost, "/write", ""); w.Code != http.StatusOK || writes != 1 {
				t.Errorf("afterwards: %d, %d writes", w.Code, writes)
			}
			if err := house.store.Close(); err != nil && !errors.Is(err, sql.ErrConnDone) {
				t.Error(err)
			}
		})
	}
}
