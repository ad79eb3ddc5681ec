package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"time"
)

//go:embed pages
var files embed.FS

// handler answers a request, or says why it cannot.
type handler func(w http.ResponseWriter, r *http.Request) error

// pages answers requests with the pages of a demo.
type pages struct {
	Demo
	templates *template.Template
	css       []byte
}

func newPages(d Demo) *pages {
	css, err := files.ReadFile("pages/style.css")
	if err != nil {
		panic("web: the style sheet is not embedded: " + err.Error())
	}
	return &pages{
		Demo:      d,
		templates: template.Must(template.New("").Funcs(functions()).ParseFS(files, "pages/*.html")),
		css:       css,
	}
}

// statusError is an error that a visitor may read.
type statusError struct {
	status int
	words  string
}

func (e statusError) Error() string { return e.words }

func notFound(words string) error { return statusError{http.StatusNotFound, words} }

// serve turns a handler's error into a page. What is not meant for visitors is
// not shown to them.
func (p *pages) serve(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := error(statusError{http.StatusMethodNotAllowed, "This is a demonstration: it can be read, and changes nothing."})
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			err = h(w, r)
		} else {
			w.Header().Set("Allow", "GET, HEAD")
		}
		if err == nil {
			return
		}
		var known statusError
		switch {
		case errors.As(err, &known):
		case errors.Is(err, fs.ErrNotExist):
			known = statusError{http.StatusNotFound, "There is nothing at this address."}
		default:
			known = statusError{http.StatusInternalServerError, "Something went wrong on this side."}
		}
		for _, name := range []string{"ETag", "Last-Modified", "Cache-Control", "Content-Security-Policy"} {
			w.Header().Del(name) // those of what could not be shown
		}
		w.Header().Set("Content-Security-Policy", pagePolicy)
		if err := p.page(w, known.status, "error", http.StatusText(known.status), known); err != nil {
			http.Error(w, http.StatusText(known.status), known.status)
		}
	})
}

// pagePolicy is what a page of ours may load (Content Security Policy, Level 3).
const pagePolicy = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// foreignPolicy is for HTML that went out as mail: it has its styles within and
// may show the site's pictures, links open beside it, and nothing runs.
const foreignPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; " +
	"style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// secured sets what holds for every answer.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// view is what every page template is given.
type view struct {
	Site  *pages
	Title string
	Tag   string // whose feeds the page names besides the site's
	Page  any
}

// page writes a whole page or nothing: a template that fails half-way gives an error,
// not half a page.
func (p *pages) page(w http.ResponseWriter, status int, name, title string, data any) error {
	v := view{Site: p, Title: title, Page: data}
	if t, ok := data.(tagged); ok {
		v.Tag = t.tag()
	}
	var b bytes.Buffer
	if err := p.templates.ExecuteTemplate(&b, name+".html", v); err != nil {
		return fmt.Errorf("show page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a visitor who has left cannot be told
	return nil
}

// tagged is data of a page that belongs to a tag.
type tagged interface{ tag() string }

// content answers with bytes that were made once, and with conditional requests
// (RFC 9110, section 13) as [http.ServeContent] reads them.
func content(w http.ResponseWriter, r *http.Request, mediaType string, made time.Time, data []byte) error {
	sum := sha256.Sum256(data)
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	http.ServeContent(w, r, "", made, bytes.NewReader(data))
	return nil
}

// foreign answers with HTML that is not a page of ours.
func foreign(w http.ResponseWriter, html string) error {
	w.Header().Set("Content-Security-Policy", foreignPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = io.WriteString(w, html) // as in page
	return nil
}
