package web

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"postrider/store"
)

// ask sends a request with a method and a body.
func ask(h http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// logged makes a server whose log is kept, with all that it would ever write.
func (h *house) logged(routes ...route) (http.Handler, *bytes.Buffer) {
	var log bytes.Buffer
	s := h.newServer(func(_ *Config, p *Parts) {
		p.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	s.table = append(s.table, routes...)
	return s.Handler(), &log
}

func TestALineForEachRequest(t *testing.T) {
	h, log := newArchive(t, "https://news.example.org").logged()
	get(t, h, "/posts/horn?from=feed", "User-Agent", "Reader/1.0")
	for _, want := range []string{"level=DEBUG", "method=GET", "route=/posts/{slug}", "status=200", "bytes=", "took=", "request="} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %s in %s", want, log)
		}
	}
	for _, never := range []string{"horn", "from=feed", "Reader", "192.0.2.1"} { // that is httptest's client
		if strings.Contains(log.String(), never) {
			t.Errorf("%s is in %s", never, log)
		}
	}
}

// A token lets whoever has it act for its reader. Wherever a visitor may put one,
// and whatever becomes of the request, it does not get into the log.
func TestTokensAreNotLogged(t *testing.T) {
	const token = "s3cr3t-t0k3n"
	failing := func(err error) handler { return func(http.ResponseWriter, *http.Request) error { return err } }
	h, log := newHouse(t, "https://news.example.org").logged(
		route{path: "/fails/{token}", get: failing(errors.New("no disk")), post: failing(store.ErrBusy)},
		route{path: "/panics/{token}", get: func(http.ResponseWriter, *http.Request) error { panic("no idea") }},
	)
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "OPTIONS", "T" + token} {
		for _, path := range []string{"/fails/" + token, "/panics/" + token, "/unsubscribe/" + token, "/confirm/" + token + "/more",
			"/preferences/../" + token, "/%2e%2e/" + token, "//" + token + ".example.com/", "/" + token, "/?token=" + token, "/;" + token} {
			for _, header := range []string{"Referer", "User-Agent", "X-Request-Id", "Cookie", "Origin", "X-Forwarded-For", "Sec-Fetch-Site"} {
				ask(h, method, path, "token="+token, header, "https://example.org/"+token, "Content-Type", "application/x-www-form-urlencoded")
			}
		}
	}
	said := log.String()
	if strings.Contains(said, token) {
		t.Errorf("the token is in the log:\n%s", said)
	}
	for _, want := range []string{"no disk", "no idea", "stack=", "method=other", "put off", "route=none"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in the log, so this shows little", want)
		}
	}
}

// What goes wrong here shows as a page with a number, and nothing of its cause.
func TestFaultsAreNotShown(t *testing.T) {
	h, log := newHouse(t, "https://news.example.org").logged(
		route{path: "/fails", get: func(http.ResponseWriter, *http.Request) error { return errors.New("secret cause") }},
		route{path: "/panics", get: func(http.ResponseWriter, *http.Request) error { panic("secret cause") }},
		route{path: "/busy", post: func(http.ResponseWriter, *http.Request) error { return fmt.Errorf("secret cause: %w", store.ErrBusy) }},
	)
	for target, status := range map[string]int{"/fails": 500, "/panics": 500, "/busy": 503} {
		method := http.MethodGet
		if status == 503 {
			method = http.MethodPost
		}
		log.Reset()
		w := ask(h, method, target, "")
		id := w.Header().Get("X-Request-Id")
		if body := w.Body.String(); w.Code != status || strings.Contains(body, "secret") || strings.Contains(body, ".go:") ||
			!strings.Contains(body, id) || !strings.Contains(log.String(), "secret cause") || !strings.Contains(log.String(), id) {
			t.Errorf("%s: %d\n%s\nlog: %s", target, w.Code, body, log)
		}
		if again := w.Header().Get("Retry-After"); (again != "") != (status == 503) {
			t.Errorf("%s: Retry-After %q", target, again)
		}
		checkHeaders(t, w)
	}
}

// An answer that fails half-way does not look like a whole one.
func TestHalfAnAnswer(t *testing.T) {
	for name, fault := range map[string]func() error{
		"error": func() error { return errors.New("the file ended") },
		"panic": func() error { panic("the file ended") },
	} {
		handler, log := newHouse(t, "https://news.example.org").logged(
			route{path: "/half", get: func(w http.ResponseWriter, _ *http.Request) error {
				_, _ = io.WriteString(w, strings.Repeat("half", 4096))
				return fault()
			}})
		server := httptest.NewServer(handler)
		res, err := http.Get(server.URL + "/half")
		if err == nil {
			_, err = io.ReadAll(res.Body)
			res.Body.Close()
		}
		server.Close()
		if err == nil || !strings.Contains(log.String(), "the file ended") || !strings.Contains(log.String(), "route=/half status=200") {
			t.Errorf("%s: read %v; log: %s", name, err, log)
		}
	}
}

func TestHTTPSIsAskedForWhereItIs(t *testing.T) {
	for address, want := range map[string]string{
		"https://news.example.org": "max-age=31536000", "http://news.example.org": "", "http://localhost:8080": "",
	} {
		w := get(t, newHouse(t, address).server("en"), "/nowhere")
		if got := w.Header().Get("Strict-Transport-Security"); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}

// A form of another site is turned away with a page of this one, except where it
// is welcome.
func TestFormsOfOtherSites(t *testing.T) {
	done := func(w http.ResponseWriter, _ *http.Request) error { _, err := io.WriteString(w, "done"); return err }
	h, _ := newHouse(t, "https://news.example.org/blog").logged(
		route{path: "/closed", post: done}, route{path: "/open/{token}", post: done, open: true})
	const here, proxied = "https://news.example.org", "http://backend:8080"
	for _, c := range []struct {
		host, path string
		header     []string
		status     int
	}{
		{here, "/blog/closed", nil, 200}, // no browser
		{here, "/blog/closed", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{here, "/blog/closed", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{here, "/blog/closed", []string{"Origin", "https://other.example.com"}, 403},
		{here, "/blog/closed", []string{"Origin", "null"}, 403},
		{here, "/blog/open/x", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://other.example.com"}, 200},
		{proxied, "/blog/closed", []string{"Origin", here}, 200},
		{proxied, "/blog/closed", []string{"Origin", "https://other.example.com"}, 403},
	} {
		w := ask(h, http.MethodPost, c.host+c.path, "", c.header...)
		if w.Code != c.status || c.status == 403 && !strings.Contains(w.Body.String(), "a page of another site") {
			t.Errorf("%s with %q: %d %s", c.path, c.header, w.Code, w.Body)
		}
		checkHeaders(t, w)
	}
}

// No answer depends on what a request says of its host.
func TestUnknownHosts(t *testing.T) {
	h := newArchive(t, "https://news.example.org").server("en")
	for _, target := range []string{"/", "/posts/horn", "/tags/history", "/nowhere", "//evil.example.com/posts", "/posts/../posts/horn"} {
		var first *httptest.ResponseRecorder
		for _, host := range []string{"news.example.org", "evil.example.com", "localhost:1", "evil.example.com:80@news.example.org", ""} {
			r := httptest.NewRequest(http.MethodGet, "http://x"+target, nil)
			r.Host = host
			r.Header.Set("X-Forwarded-Host", host)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			w.Header().Del("X-Request-Id")
			if first == nil {
				first = w
			}
			if w.Code != first.Code || w.Body.String() != first.Body.String() || fmt.Sprint(w.Header()) != fmt.Sprint(first.Header()) {
				t.Errorf("%s at %q is %d %v, else %d %v", target, host, w.Code, w.Header(), first.Code, first.Header())
			}
			if to := w.Header().Get("Location"); strings.HasPrefix(to, "//") || strings.Contains(to, "://") {
				t.Errorf("%s leads to %s", target, to)
			}
		}
	}
}

// Paths that try to be something else find nothing, or the clean form of themselves.
func TestOddPaths(t *testing.T) {
	h := newArchive(t, "https://news.example.org").server("en")
	for _, target := range []string{
		"/../../etc/passwd", "/posts/%2e%2e/%2e%2e/config.yaml", "/posts/horn/..%2f..%2f..%2fpostrider.db", "/posts/horn/%2e%2e%2fpostrider.db",
		"/posts/horn%00", "/posts/horn/horn.png%00.txt", "/%00", "/posts/%c0%ae%c0%ae/", "/posts/%c0%afetc", "/posts/%ff%fe",
		"/tags/%00", "/tags/%c0%af", "/posts/" + strings.Repeat("a", 20000), "/posts/horn/\\..\\..\\postrider.db", "/%e2%80%ae",
	} {
		w := get(t, h, target)
		if w.Code != http.StatusNotFound && w.Code/100 != 3 {
			t.Errorf("%.60s: %d", target, w.Code)
		}
		checkHeaders(t, w)
	}
}

// Who asks before sending a body that is too long is not told to send it.
func TestTooMuchIsNotAskedFor(t *testing.T) {
	inService(t, func(t *testing.T, p *pipes, _ func() error) {
		for _, mediaType := range []string{"application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
			for length, want := range map[int]int{maxBody + 1: http.StatusRequestEntityTooLarge, maxBody: http.StatusContinue} {
				conn := p.dial()
				defer conn.Close()
				fmt.Fprintf(conn, "POST /subscribe HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", mediaType, length)
				var version string
				var status int
				if _, err := fmt.Fscanf(bufio.NewReader(conn), "%s %d", &version, &status); err != nil || status != want {
					t.Errorf("%s of %d octets: %d, %v; want %d", mediaType, length, status, err, want)
				}
			}
		}
	})
}
