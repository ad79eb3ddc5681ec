package feed

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"postrider/post"
)

// Options say what goes into the channels of a site.
type Options struct {
	Items    int       // how many articles a feed holds; 0 means 30
	Excerpts bool      // see [Channel]
	Updated  time.Time // see [Channel]
}

// Channels sorts the articles of a site, newest first, into its channels: that
// of the site, then one per tag, by the address of the tag. Tags that differ only
// in writing ("Go", "go") or that share an address (see [post.TagSlug]) share a
// channel, which bears the name the newest article gives it. Only articles that
// some channel holds are kept, so that memory grows with the feeds and not with
// the site. The error is the first that the articles gave.
func Channels(site Site, articles iter.Seq2[post.Article, error], o Options) ([]Channel, error) {
	o.Items = cmp.Or(o.Items, 30)
	whole := &Channel{Site: site, Excerpts: o.Excerpts, Updated: o.Updated}
	tagged := map[string]*Channel{}
	for a, err := range articles {
		if err != nil {
			return nil, err
		}
		whole.add(a, o.Items)
		for slug, tag := range slugs(a.Tags) {
			if tagged[slug] == nil {
				c := *whole
				c.Tag, c.Articles = tag, nil
				tagged[slug] = &c
			}
			tagged[slug].add(a, o.Items)
		}
	}
	out := []Channel{*whole}
	for _, c := range tagged {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Channel) int { return cmp.Compare(Path(a.Tag, RSS), Path(b.Tag, RSS)) })
	return out, nil
}

func (c *Channel) add(a post.Article, limit int) {
	if len(c.Articles) < limit {
		c.Articles = append(c.Articles, a)
	}
}

// slugs gives the addresses of an article's tags, each once.
func slugs(tags []string) map[string]string {
	out := make(map[string]string, len(tags))
	for _, tag := range tags {
		if slug := post.TagSlug(tag); slug != "" && out[slug] == "" {
			out[slug] = tag
		}
	}
	return out
}

// File is a document and where it lies below its folder or site, with "/"
// between the parts of its path.
type File struct {
	Path string
	Data []byte
}

// Files renders every channel in every format, one at a time as they are asked
// for. It stops at the first error.
func Files(channels []Channel) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		for _, c := range channels {
			for _, f := range Formats() {
				data, err := Render(c, f)
				if !yield(File{Path: Path(c.Tag, f), Data: data}, err) || err != nil {
					return
				}
			}
		}
	}
}
