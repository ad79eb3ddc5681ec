package web

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"postrider/post"
)

// PostView is one post (post.html).
type PostView struct {
	EntryView
	HTML template.HTML // sanitised by post
	// Lead is the picture that the front matter names, if the post does not show it
	// itself.
	Lead       PictureView
	Enclosures []EnclosureView
	Tags       []TagView
	Updated    time.Time // when it was last changed; zero if never since it was published
	Newer      EntryView // the posts beside it; without a Path if there is none
	Older      EntryView
}

// PictureView is a picture; without an Address there is none.
type PictureView struct{ Address, Alt string }

// EnclosureView is a file that belongs to a post.
type EnclosureView struct {
	Address, Name string
	Kind          string // audio, video, or what else the media type begins with
	Size          string // "" if it is not known
}

func (s *Server) post(r *http.Request) (*document, error) {
	a, err := s.article(r.Context(), r.PathValue("slug"))
	if err != nil {
		return nil, err
	}
	view := s.postView(a)
	if view.Newer, view.Older, err = s.beside(r.Context(), a.Post); err != nil {
		return nil, err
	}
	page := Page{Title: a.Title, Summary: a.Excerpt, Canonical: a.URL, Image: a.Image, ImageAlt: a.ImageAlt,
		Published: a.Published, Updated: view.Updated, Body: view}
	if a.Canonical != "" {
		page.Canonical = a.Canonical
	}
	return s.page("post", page)
}

// article renders the post that is read under a slug. One that was read there
// before is a [movedError].
func (s *Server) article(ctx context.Context, slug string) (post.Article, error) {
	p, err := s.findPost(ctx, slug)
	if err != nil {
		return post.Article{}, err
	}
	if p.Slug != slug {
		return post.Article{}, &movedError{s.path("posts", p.Slug)}
	}
	return s.Renderer.Article(p)
}

// findPost finds the post that may be read under a slug, or was under a former one.
func (s *Server) findPost(ctx context.Context, slug string) (post.Post, error) {
	p, err := s.Store.PostBySlug(ctx, slug)
	if err != nil {
		return post.Post{}, err
	}
	switch p.State {
	case post.Published:
		return p, nil
	case post.Withdrawn:
		return post.Post{}, &statusError{status: http.StatusGone, word: "withdrawn"}
	}
	return post.Post{}, notFound("nothing_here") // nobody may know that it is there
}

func (s *Server) postView(a post.Article) PostView {
	view := PostView{EntryView: s.entry(a.Post), HTML: template.HTML(forKeyboard.Replace(a.HTML))}
	view.Excerpt = a.Excerpt
	for _, name := range a.Tags {
		view.Tags = append(view.Tags, s.tagView(name, 0))
	}
	if a.Updated.After(a.Published) {
		view.Updated = a.Updated
	}
	if a.Content.Image != "" && a.Image != "" && !shows(a, a.Image) {
		view.Lead = PictureView{a.Image, a.ImageAlt}
	}
	for _, e := range a.Enclosures {
		view.Enclosures = append(view.Enclosures, enclosure(e))
	}
	return view
}

// forKeyboard lets a keyboard reach what may be wider than the page and scrolls
// within it. Sanitised HTML has these signs only where an element begins or ends.
var forKeyboard = strings.NewReplacer("<pre", `<pre tabindex="0"`,
	"<table", `<div class="wide" tabindex="0"><table`, "</table>", "</table></div>")

// beside finds the posts that a reader may go on to.
func (s *Server) beside(ctx context.Context, p post.Post) (newer, older EntryView, err error) {
	n, o, err := s.Store.Around(ctx, p.ID)
	if err != nil {
		return newer, older, err
	}
	if n.ID != "" {
		newer = s.entry(n)
	}
	if o.ID != "" {
		older = s.entry(o)
	}
	return newer, older, nil
}

// shows tells whether the text of an article shows what is at an address.
func shows(a post.Article, address string) bool {
	return strings.Contains(a.HTML, `"`+template.HTMLEscapeString(address)+`"`)
}

func enclosure(e post.Enclosure) EnclosureView {
	v := EnclosureView{Address: e.URL, Name: e.URL, Size: size(e.Length)}
	if u, err := url.Parse(e.URL); err == nil && path.Base(u.Path) != "/" && path.Base(u.Path) != "." {
		v.Name = path.Base(u.Path)
	}
	v.Kind, _, _ = strings.Cut(cmp.Or(e.Type, mime.TypeByExtension(path.Ext(v.Name))), "/")
	return v
}

// size writes a number of octets as people read it.
func size(octets int64) string {
	switch {
	case octets <= 0:
		return ""
	case octets < 1_000_000:
		return fmt.Sprintf("%d kB", (octets+999)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(octets)/1e6)
}
