package web

import "net/http"

// FollowView says how to read the site by feed (feeds.html).
type FollowView struct {
	Feeds   []FeedView // of the site
	Tags    []TagFeedsView
	AllTags string // the path of the page of all tags; "" if these are all
}

// TagFeedsView is a tag with its feeds.
type TagFeedsView struct {
	TagView
	Feeds []FeedView
}

// follow is the page for people who came upon a feed and wonder what it is for.
func (s *Server) follow(r *http.Request) (*document, error) {
	tags, err := s.tags(r.Context())
	if err != nil {
		return nil, err
	}
	view := FollowView{Feeds: s.feedViews("")}
	for i, t := range tags {
		if i == frontTags {
			view.AllTags = s.path("tags")
			break
		}
		view.Tags = append(view.Tags, TagFeedsView{s.tagView(t.name, t.count), s.feedViews(t.name)})
	}
	path := s.path("feeds")
	return s.page("feeds", Page{Title: s.word("feeds"), Summary: s.word("feeds_what"),
		Canonical: s.absolute(path), Here: path, Body: view})
}
