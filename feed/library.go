package feed

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"

	"postrider/post"
)

// Posts is where published posts come from, the newest first.
type Posts interface {
	// FeedPosts returns those that have one of these folded tags, or all if none
	// is given; at most limit of them.
	FeedPosts(ctx context.Context, tags []string, limit int) ([]post.Post, error)
	// FeedTags returns the folded tags that they have, or had before they were
	// withdrawn, each as one of them writes it.
	FeedTags(ctx context.Context) (map[string]string, error)
}

// Archive is where the posts are that the newest ones have pushed out. Each has a
// place there from when it was first published, counted from 1.
type Archive interface {
	// FeedRange returns the published posts whose places lie between two, both
	// taken in, the newest place first.
	FeedRange(ctx context.Context, from, to int64) ([]post.Post, error)
	// FeedExtent returns the last place that was given.
	FeedExtent(ctx context.Context) (int64, error)
}

// archivePage is how many places a page of the archive has. It must never change:
// readers remember pages.
const archivePage = 50

// Library makes the channels of a site: that of the site, then one per tag, then
// the pages of its archive, once there are more posts than its feed holds. It
// alone says which posts stand in which feed, for files and server alike. Tags
// that share an address (see [post.TagSlug]) share a channel, which bears the
// name that its newest article gives it. Several goroutines may use it.
type Library struct {
	Site     Site
	Items    int  // how many articles a feed holds; 0 means 30
	Excerpts bool // see [Channel]
	Posts    Posts
	Archive  Archive
	// Article renders a post, see [post.Renderer.Article]. It may be called by
	// several goroutines at once.
	Article func(post.Post) (post.Article, error)

	rendered articles
}

// Channel returns the feed with an address. One that does not exist, such as that
// of a tag no post ever had, is an error that wraps [fs.ErrNotExist]. One whose posts
// were all withdrawn is empty: who follows it has made no mistake.
func (l *Library) Channel(ctx context.Context, a Address) (Channel, error) {
	switch {
	case a.Archive > 0:
		return l.archive(ctx, a.Archive)
	case a.Tag == "":
		return l.front(ctx)
	}
	shelves, err := l.shelves(ctx)
	if err != nil {
		return Channel{}, err
	}
	return l.channel(ctx, a.Tag, shelves[a.Tag])
}

// Channels gives every feed of the site, in the order of their addresses but
// for the site's own, which is first. It stops at the first error.
func (l *Library) Channels(ctx context.Context) iter.Seq2[Channel, error] {
	return func(yield func(Channel, error) bool) {
		shelves, err := l.shelves(ctx)
		if err != nil {
			yield(Channel{}, err)
			return
		}
		front, err := l.front(ctx)
		if !yield(front, err) || err != nil {
			return
		}
		for _, slug := range slices.Sorted(maps.Keys(shelves)) {
			c, err := l.channel(ctx, slug, shelves[slug])
			if !yield(c, err) || err != nil {
				return
			}
		}
		for n := front.Archives; n > 0; n-- {
			c, err := l.archive(ctx, n)
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

// tagShelf is the tags that share a slug, and the name of the feed while it is empty.
type tagShelf struct {
	tags []string
	name string
}

// shelves sorts the tags of the site by the addresses of their feeds.
func (l *Library) shelves(ctx context.Context) (map[string]tagShelf, error) {
	tags, err := l.Posts.FeedTags(ctx)
	if err != nil {
		return nil, fmt.Errorf("sort tags into feeds: %w", err)
	}
	shelves := make(map[string]tagShelf, len(tags))
	for _, tag := range slices.Sorted(maps.Keys(tags)) {
		if slug := post.TagSlug(tag); slug != "" {
			shelves[slug] = tagShelf{append(shelves[slug].tags, tag), tags[tag]}
		}
	}
	return shelves, nil
}

// extent is how many pages the archive has, and the last place in it.
func (l *Library) extent(ctx context.Context) (pages int, last int64, err error) {
	last, err = l.Archive.FeedExtent(ctx)
	if err != nil || last <= int64(l.items()) {
		return 0, last, err
	}
	return int((last + archivePage - 1) / archivePage), last, nil
}

// front makes the feed of the site.
func (l *Library) front(ctx context.Context) (Channel, error) {
	c, err := l.channel(ctx, "", tagShelf{})
	if err != nil {
		return c, err
	}
	c.Archives, _, err = l.extent(ctx)
	return c, err
}

// archive makes a page of the archive.
func (l *Library) archive(ctx context.Context, n int) (Channel, error) {
	c := Channel{Site: l.Site, Excerpts: l.Excerpts, Archive: n}
	pages, last, err := l.extent(ctx)
	if err != nil {
		return c, err
	}
	if n > pages {
		return c, fmt.Errorf("the archive has no page %d: %w", n, fs.ErrNotExist)
	}
	to := int64(n) * archivePage
	c.Archives, c.Full = pages, last >= to
	posts, err := l.Archive.FeedRange(ctx, to-archivePage+1, to)
	if err != nil {
		return c, err
	}
	err = l.fill(&c, posts)
	return c, err
}

// channel makes the feed of the newest articles, of those with one of the tags
// that share a slug if there is one.
func (l *Library) channel(ctx context.Context, slug string, shelf tagShelf) (Channel, error) {
	c := Channel{Site: l.Site, Excerpts: l.Excerpts}
	if slug != "" && len(shelf.tags) == 0 {
		return c, fmt.Errorf("no post has a tag with the address %q: %w", slug, fs.ErrNotExist)
	}
	posts, err := l.Posts.FeedPosts(ctx, shelf.tags, l.items())
	if err != nil {
		return c, err
	}
	if err := l.fill(&c, posts); err != nil {
		return c, err
	}
	if slug == "" {
		return c, nil
	}
	for _, a := range c.Articles {
		for _, tag := range a.Tags {
			if c.Tag == "" && post.TagSlug(tag) == slug {
				c.Tag = tag
			}
		}
	}
	c.Tag = cmp.Or(c.Tag, shelf.name)
	return c, nil
}

// fill renders posts into a channel.
func (l *Library) fill(c *Channel, posts []post.Post) error {
	for _, p := range posts {
		a, err := l.rendered.article(p, l.Article)
		if err != nil {
			return err
		}
		c.Articles = append(c.Articles, a)
	}
	return nil
}

func (l *Library) items() int { return cmp.Or(l.Items, 30) }
