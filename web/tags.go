package web

import (
	"cmp"
	"context"
	"maps"
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

// taggedAt gives what stands at an address: nothing any more, where the last post that
// bore the tag was withdrawn.
func (s *Server) taggedAt(ctx context.Context, slug string) (tagged, error) {
	all, err := s.tags(ctx)
	if err != nil {
		return tagged{}, err
	}
	if i := slices.IndexFunc(all, func(t tagged) bool { return t.slug == slug }); i >= 0 {
		return all[i], nil
	}
	ever, err := s.Store.FeedTags(ctx)
	if err != nil {
		return tagged{}, err
	}
	for _, folded := range slices.Sorted(maps.Keys(ever)) {
		if name := ever[folded]; post.TagSlug(name) == slug {
			return tagged{slug: slug, name: name}, nil
		}
	}
	return tagged{}, notFound("no_tag")
}

func (s *Server) tag(r *http.Request) (*document, error) {
	n, err := pageNumber(r)
	if err != nil {
		return nil, err
	}
	t, err := s.taggedAt(r.Context(), r.PathValue("tag"))
	if err != nil {
		return nil, err
	}
	var list []post.Article
	var more bool
	if t.count > 0 {
		if list, more, err = s.published(r.Context(), t.folded, n); err != nil {
			return nil, err
		}
	}
	if len(list) == 0 && (n > 1 || t.count > 0) {
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
