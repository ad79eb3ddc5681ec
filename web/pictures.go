package web

import (
	"context"
	"errors"
	"fmt"
	entities "html"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"postrider/post"
)

// picture serves what lies beside a post's file and is shown in it, or offered as a
// document. Nothing else of that folder is to be had: drafts and private notes lie
// there too.
func (s *Server) picture(w http.ResponseWriter, r *http.Request) error {
	slug, name := r.PathValue("slug"), r.PathValue("file")
	mediaType, document := documentType(name)
	if !document {
		mediaType = mime.TypeByExtension(path.Ext(name))
	}
	if !fs.ValidPath(name) || !document && !showable(mediaType) {
		return notFound("nothing_here")
	}
	source, shown, err := s.shownBy(r.Context(), slug)
	var moved *movedError
	if errors.As(err, &moved) {
		return &movedError{moved.path + "/" + (&url.URL{Path: name}).EscapedPath()}
	}
	if err != nil {
		return err
	}
	if source == "" || !slices.Contains(shown, name) {
		return notFound("nothing_here")
	}
	f, err := openBeside(s.Sources, source, slug, name)
	if err != nil {
		return err
	}
	defer f.Close()
	if document {
		w.Header().Set("Content-Disposition", "attachment")
	}
	return serveFile(w, r, f, mediaType)
}

// documentType is the kind of a file that posts offer to take along. It is saved and
// not opened: nothing of it runs here.
func documentType(name string) (mediaType string, ok bool) {
	switch strings.ToLower(path.Ext(name)) {
	case ".pdf":
		return "application/pdf", true
	case ".epub":
		return "application/epub+zip", true
	}
	return "", false
}

// showable tells what a page loads: pictures, sounds and films, but nothing in
// which a script could run when it is opened alone.
func showable(mediaType string) bool {
	kind, _, _ := strings.Cut(mediaType, "/")
	return kind == "image" || kind == "audio" || kind == "video"
}

// shownBy gives the source of a post and the names of the files that it shows. They
// are kept like a page: a post with twenty pictures is rendered once.
func (s *Server) shownBy(ctx context.Context, slug string) (source string, names []string, err error) {
	d, err := s.cache.get(ctx, "files of "+slug, func(ctx context.Context) (*document, error) {
		a, err := s.article(ctx, slug)
		if err != nil {
			return nil, err
		}
		return newDocument("", []byte(strings.Join(append([]string{a.Source}, shownFiles(a)...), "\n"))), nil
	})
	if d == nil || err != nil && !ourFault(err) {
		return "", nil, err
	}
	lines := strings.Split(string(d.plain.data), "\n")
	return lines[0], lines[1:], nil
}

// reference is an address in sanitised HTML.
var reference = regexp.MustCompile(` (?:src|href)="([^"]*)"`)

// shownFiles lists the files below its own address that an article refers to.
func shownFiles(a post.Article) []string {
	addresses := []string{a.Image}
	for _, match := range reference.FindAllStringSubmatch(a.HTML, -1) {
		addresses = append(addresses, entities.UnescapeString(match[1]))
	}
	for _, e := range a.Enclosures {
		addresses = append(addresses, e.URL)
	}
	var names []string
	for _, address := range addresses {
		rest, ours := strings.CutPrefix(address, a.URL+"/")
		if u, err := url.Parse(rest); ours && err == nil && fs.ValidPath(u.Path) && !strings.Contains(u.Path, "\n") {
			names = append(names, u.Path)
		}
	}
	return names
}

// MissingFiles names the pictures, sounds and films that an article takes from
// beside its file, and that visitors would not get because they are not there.
// Sources is the folder that the sources of posts are relative to.
func MissingFiles(sources string, a post.Article) []string {
	var missing []string
	for _, name := range shownFiles(a) {
		if a.Source == "" || !showable(mime.TypeByExtension(path.Ext(name))) || slices.Contains(missing, name) {
			continue
		}
		f, err := openBeside(sources, a.Source, a.Slug, name)
		if err != nil {
			missing = append(missing, name)
			continue
		}
		f.Close()
	}
	return missing
}

// openBeside opens a file that a post names by where it is, seen from the post's own
// file, or from a folder beside it that bears the post's name or its file's. What cannot be
// opened, whether by its permissions or because a link leads out of the folder, is
// not there for visitors.
func openBeside(sources, source, slug, name string) (*os.File, error) {
	folder, top := filepath.Dir(filepath.FromSlash(source)), ""
	if filepath.IsAbs(folder) { // a post from elsewhere may show what is in the next folder
		top = filepath.Dir(folder)
	} else {
		folder, top = filepath.Join(sources, folder), sources
	}
	for {
		rest, up := strings.CutPrefix(name, post.Up+"/")
		if !up {
			break
		}
		folder, name = filepath.Dir(folder), rest
		if way, err := filepath.Rel(top, folder); err != nil || !filepath.IsLocal(way) {
			return nil, fs.ErrNotExist
		}
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fs.ErrNotExist
	}
	defer root.Close()
	for _, within := range append([]string{"."}, post.Folders(source, slug)...) {
		if f, err := root.Open(filepath.Join(within, filepath.FromSlash(name))); err == nil {
			return f, nil
		}
	}
	return nil, fs.ErrNotExist
}

// static serves the folder of files that stand at the root of the host as they
// lie, where a post finds "/img/horn.png".
func (s *Server) static(w http.ResponseWriter, r *http.Request) error {
	name := strings.TrimPrefix(r.URL.Path, "/")
	if s.Static == "" || !fs.ValidPath(name) || hidden(name) {
		return notFound("nothing_here")
	}
	root, err := os.OpenRoot(s.Static)
	if err != nil {
		return notFound("nothing_here")
	}
	defer root.Close()
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return notFound("nothing_here")
	}
	defer f.Close()
	mediaType := mime.TypeByExtension(path.Ext(name))
	if mediaType == "" {
		mediaType = "application/octet-stream"
	}
	return serveFile(w, r, f, mediaType)
}

// hidden tells whether a name or a folder in it begins with a dot, as what is
// nobody's business does; /.well-known/ is there to be seen (RFC 8615).
func hidden(name string) bool {
	name = strings.TrimPrefix(name, ".well-known/")
	return strings.HasPrefix(name, ".") || strings.Contains(name, "/.")
}

func serveFile(w http.ResponseWriter, r *http.Request, f *os.File, mediaType string) error {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return fs.ErrNotExist
	}
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Security-Policy", foreignPolicy) // an SVG opened alone must not run anything
	h.Set("Cache-Control", "public, max-age=3600")
	// A file may be replaced by an older one, which the date alone would not tell.
	h.Set("ETag", fmt.Sprintf(`"%x-%x"`, info.ModTime().UnixNano(), info.Size()))
	http.ServeContent(w, r, "", info.ModTime(), io.NewSectionReader(f, 0, info.Size()))
	return nil
}
