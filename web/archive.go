package web

import (
	"html/template"
	"net/http"
	"strconv"

	"postrider/post"
)

// maxPage bounds the pages of a list that can be asked for.
const maxPage = 1 << 20

// pageNumber reads ?page=N, from 1.
func pageNumber(r *http.Request) (int, error) {
	text := r.URL.Query().Get("page")
	if text == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxPage || strconv.Itoa(n) != text {
		return 0, notFound("nothing_here")
	}
	return n, nil
}

// pager leads on from page n of the list at path.
func pager(path string, n int, more bool) PagerView {
	p := PagerView{Number: n}
	switch {
	case n == 2:
		p.Newer = path
	case n > 2:
		p.Newer = path + "?page=" + strconv.Itoa(n-1)
	}
	if more {
		p.Older = path + "?page=" + strconv.Itoa(n+1)
	}
	return p
}

// address is the address of page n of the list at path.
func (s *Server) address(path string, n int) string {
	if n > 1 {
		path += "?page=" + strconv.Itoa(n)
	}
	return s.absolute(path)
}

func (s *Server) home(r *http.Request) (*document, error) {
	n, err := pageNumber(r)
	if err != nil {
		return nil, err
	}
	list, more, err := s.published(r.Context(), nil, n)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 && n > 1 {
		return nil, notFound("nothing_here")
	}
	tags, err := s.Store.Tags(r.Context())
	if err != nil {
		return nil, err
	}
	home := s.base + "/"
	view := HomeView{Entries: s.entries(list), Pager: pager(home, n, more), First: n == 1}
	for _, t := range tags {
		view.Tags = append(view.Tags, s.tagView(t.Label, t.Count))
	}
	if view.Mails, err = s.outbox(); err != nil {
		return nil, err
	}
	page := Page{Summary: s.Site.Description, Canonical: s.address(home, n), Body: view}
	if n > 1 {
		page.Title = s.word("page", n)
	}
	return s.page("home", page)
}

func (s *Server) tag(r *http.Request) (*document, error) {
	n, err := pageNumber(r)
	if err != nil {
		return nil, err
	}
	all, err := s.Store.Tags(r.Context())
	if err != nil {
		return nil, err
	}
	// Tags that share an address share a page, as they share their feeds.
	var view TagEntriesView
	var folded []string
	for _, t := range all {
		if post.TagSlug(t.Label) != r.PathValue("tag") {
			continue
		}
		if len(folded) == 0 {
			view.Tag = s.tagView(t.Label, 0)
			view.Feeds = s.feedViews(t.Label)
		}
		folded = append(folded, t.Tag)
		view.Tag.Count += t.Count
	}
	if len(folded) == 0 {
		return nil, notFound("no_tag")
	}
	list, more, err := s.published(r.Context(), folded, n)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, notFound("nothing_here")
	}
	view.Entries, view.Pager = s.entries(list), pager(view.Tag.Path, n, more)
	return s.page("tag", Page{
		Title: view.Tag.Name, Canonical: s.address(view.Tag.Path, n), Feeds: view.Feeds, Body: view,
	})
}

func (s *Server) post(r *http.Request) (*document, error) {
	slug := r.PathValue("slug")
	p, err := s.Store.PostBySlug(r.Context(), slug)
	if err != nil {
		return nil, err
	}
	switch p.State {
	case post.Published:
	case post.Withdrawn:
		return nil, &statusError{status: http.StatusGone, word: "withdrawn"}
	default: // nobody may know that it is there
		return nil, notFound("nothing_here")
	}
	if p.Slug != slug {
		return nil, &movedError{s.path("posts", p.Slug)}
	}
	a, err := s.Renderer.Article(p)
	if err != nil {
		return nil, err
	}
	view := PostView{EntryView: s.entry(a), HTML: template.HTML(a.HTML)}
	for _, name := range a.Tags {
		view.Tags = append(view.Tags, s.tagView(name, 0))
	}
	if a.Updated.After(a.Published) {
		view.Updated = a.Updated
	}
	page := Page{Title: a.Title, Summary: a.Excerpt, Canonical: a.URL, Image: a.Image, Body: view}
	if a.Canonical != "" {
		page.Canonical = a.Canonical
	}
	return s.page("post", page)
}
