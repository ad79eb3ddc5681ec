package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"postrider/post"
)

// TagView is a tag, its page and how many posts bear it.
type TagView struct {
	Name, Path string
	Count      int
}

// TagEntriesView is the posts of one tag (tag.html).
type TagEntriesView struct {
	Tag     TagView
	Entries []EntryView
	Pager   PagerView
	Feeds   []FeedView // of this tag
}

// TagsView is every tag, by name (tags.html).
type TagsView struct{ Tags []TagView }

// tagged is what stands at the address of a tag. Tags that share an address share
// a page, as they share their feeds.
type tagged struct {
	slug, name string
	folded     []string // the tags, see [post.FoldTag]
	count      int
	changed    time.Time
}

// tags lists the addresses of tags, the most used first.
func (s *Server) tags(ctx context.Context) ([]tagged, error) {
	all, err := s.Store.Tags(ctx)
	if err != nil {
		return nil, err
	}
	var list []tagged
	at := map[string]int{}
	for _, t := range all {
		slug := post.TagSlug(t.Label)
		i, known := at[slug]
		if !known {
			i, at[slug] = len(list), len(list)
			list = append(list, tagged{slug: slug, name: t.Label})
		}
		list[i].folded = append(list[i].folded, t.Tag)
		list[i].count += t.Count
		if t.Changed.After(list[i].changed) {
			list[i].changed = t.Changed
		}
	}
	slices.SortStableFunc(list, func(a, b tagged) int { return cmp.Compare(b.count, a.count) })
	return list, nil
}

func (s *Server) tagView(name string, count int) TagView {
	return TagView{Name: name, Path: s.path("tags", post.TagSlug(name)), Count: count}
}

func (s *Server) tag(r *http.Request) (*document, error) {
	n, err := pageNumber(r)
	if err != nil {
		return nil, err
	}
	all, err := s.tags(r.Context())
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(t tagged) bool { return t.slug == r.PathValue("tag") })
	if i < 0 {
		return nil, notFound("no_tag")
	}
	t := all[i]
	list, more, err := s.published(r.Context(), t.folded, n)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, notFound("nothing_here")
	}
	tag := s.tagView(t.name, t.count)
	view := TagEntriesView{Tag: tag, Entries: s.entries(list), Pager: pager(tag.Path, n, more), Feeds: s.feedViews(t.name)}
	return s.page("tag", Page{
		Title: tag.Name, Canonical: s.address(tag.Path, n), Feeds: view.Feeds, Body: view,
	})
}

// allTags is the page of every tag, by name as the Latin alphabet spells it: Ä is
// with A, and Chinese stands by its sound. The tables of every language's own order
// would make the program a megabyte larger.
func (s *Server) allTags(r *http.Request) (*document, error) {
	all, err := s.tags(r.Context())
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b tagged) int {
		return cmp.Or(cmp.Compare(post.MakeSlug(a.name), post.MakeSlug(b.name)), cmp.Compare(a.name, b.name))
	})
	var view TagsView
	for _, t := range all {
		view.Tags = append(view.Tags, s.tagView(t.name, t.count))
	}
	path := s.path("tags")
	return s.page("tags", Page{Title: s.word("all_tags"), Canonical: s.absolute(path), Here: path, Body: view})
}
