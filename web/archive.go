package web

import (
	"net/http"
	"strconv"
)

// HomeView is the front and the pages behind it (home.html).
type HomeView struct {
	Entries []EntryView
	Tags    []TagView // the most used
	AllTags string    // the path of the page of all; "" if these are all
	Pager   PagerView
	First   bool           // this is the front, not a page behind it
	Mails   []MailLineView // of a demonstration
}

// PagerView leads from one page of a list to the next.
type PagerView struct {
	Number       int    // of this page, from 1
	Newer, Older string // paths; "" if there is none
}

// frontTags is how many tags the front shows at most.
const frontTags = 30

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
	tags, err := s.tags(r.Context())
	if err != nil {
		return nil, err
	}
	home := s.base + "/"
	view := HomeView{Entries: s.entries(list), Pager: pager(home, n, more), First: n == 1}
	for i, t := range tags {
		if i == frontTags {
			view.AllTags = s.path("tags")
			break
		}
		view.Tags = append(view.Tags, s.tagView(t.name, t.count))
	}
	if view.Mails, err = s.outbox(); err != nil {
		return nil, err
	}
	page := Page{Summary: s.Site.Description, Canonical: s.address(home, n), Here: home, Body: view}
	if n > 1 {
		page.Title = s.word("page", n)
	}
	return s.page("home", page)
}
