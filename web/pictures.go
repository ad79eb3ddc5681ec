package web

import (
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"postrider/post"
)

// picture serves what lies beside a post's file and is shown in it. Nothing
// else of that folder is to be had: drafts and private notes lie there too.
func (s *Server) picture(w http.ResponseWriter, r *http.Request) error {
	slug, name := r.PathValue("slug"), r.PathValue("file")
	mediaType := mime.TypeByExtension(path.Ext(name))
	if !fs.ValidPath(name) || !showable(mediaType) {
		return notFound("nothing_here")
	}
	p, err := s.Store.PostBySlug(r.Context(), slug)
	if err != nil {
		return err
	}
	if p.State != post.Published || p.Slug != slug || p.Source == "" {
		return notFound("nothing_here")
	}
	a, err := s.Renderer.Article(p)
	if err != nil {
		return err
	}
	if !refersTo(a, a.URL+"/"+(&url.URL{Path: name}).EscapedPath()) {
		return notFound("nothing_here")
	}
	return s.besideSource(w, r, p, name, mediaType)
}

// showable tells what a page loads: pictures, sounds and films, but nothing in
// which a script could run when it is opened alone.
func showable(mediaType string) bool {
	kind, _, _ := strings.Cut(mediaType, "/")
	return kind == "image" || kind == "audio" || kind == "video"
}

// refersTo tells whether an article shows what is at an address.
func refersTo(a post.Article, address string) bool {
	if a.Image == address || shows(a, address) {
		return true
	}
	for _, e := range a.Enclosures {
		if e.URL == address {
			return true
		}
	}
	return false
}

// besideSource serves a file from the folder of a post's source, or from the
// folder in it that bears the post's name. No link leads out of it.
func (s *Server) besideSource(w http.ResponseWriter, r *http.Request, p post.Post, name, mediaType string) error {
	source := filepath.FromSlash(p.Source)
	if !filepath.IsAbs(source) {
		source = filepath.Join(s.Sources, source)
	}
	root, err := os.OpenRoot(filepath.Dir(source))
	if err != nil {
		return fs.ErrNotExist
	}
	defer root.Close()
	f, err := openFirst(root, filepath.FromSlash(name), filepath.Join(p.Slug, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return fs.ErrNotExist
	}
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Security-Policy", foreignPolicy) // an SVG opened alone must not run anything
	h.Set("Cache-Control", "public, max-age=3600")
	http.ServeContent(w, r, "", info.ModTime(), io.NewSectionReader(f, 0, info.Size()))
	return nil
}

// openFirst opens the first file that can be: what cannot, whether by its
// permissions or because it leads out of the folder, is not there for visitors.
func openFirst(root *os.Root, names ...string) (*os.File, error) {
	for _, name := range names {
		if f, err := root.Open(name); err == nil {
			return f, nil
		}
	}
	return nil, fs.ErrNotExist
}
