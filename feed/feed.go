// Package feed turns articles into what feed readers pull: RSS 2.0, Atom 1.0
// (RFC 4287) and JSON Feed 1.1, for the whole site and for each tag. It owns the
// documents, their names and addresses, the writing of them into a folder for any
// static web host ([Write]), and the look at them with a reader's eyes ([Check]).
// It does not choose posts and does not make HTML: articles come in rendered,
// newest first.
//
//	channels, err := feed.Channels(site, articles, feed.Options{Items: 30})
//	report, err := feed.Write(ctx, "public", feed.Files(channels))
//
// The bytes depend on the [Channel] alone: no clock, no locale, no random value
// and no table of the machine goes into them. Whatever an author wrote, they are
// well-formed: characters that XML 1.0 does not allow are dropped, in JSON too.
//
// The structs of gorilla/feeds lie underneath, embedded in ours where they lack
// an element or have it wrong; none of its conversions from feeds.Item are used.
//
// Authors' e-mail addresses never enter a feed: it is the first place where
// address harvesters look.
package feed

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"postrider/post"
)

// Format is one of the languages of feeds.
type Format string

// The formats.
const (
	RSS  Format = "rss"
	Atom Format = "atom"
	JSON Format = "json"
)

// Formats lists every format, the most widely read first.
func Formats() []Format { return []Format{RSS, Atom, JSON} }

// FileName is the last part of the address of a feed in this format.
func (f Format) FileName() string {
	switch f {
	case RSS:
		return "feed.xml"
	case Atom:
		return "atom.xml"
	default:
		return "feed.json"
	}
}

// MediaType is what a web server says of a feed in this format (Content-Type).
func (f Format) MediaType() string { return f.bareType() + "; charset=utf-8" }

// bareType is the media type without a parameter, as links carry it.
func (f Format) bareType() string {
	switch f {
	case RSS:
		return "application/rss+xml"
	case Atom:
		return "application/atom+xml"
	default:
		return "application/feed+json"
	}
}

// Site is what all feeds of a site share.
type Site struct {
	Title       string
	Description string
	URL         *url.URL      // absolute; a path is kept ("https://example.org/blog")
	Language    string        // BCP 47, such as "en" or "zh-Hant"
	Author      post.Author   // of posts that name none
	Generator   string        // the program; leave its version out to keep bytes equal across upgrades
	Hubs        []string      // WebSub hubs, absolute
	TTL         time.Duration // how long a reader may keep a feed; RSS counts whole minutes
	Icon        string        // a square image, absolute; "" if none
	StyleURL    string        // a CSS file for people who open a feed in a browser; "" if none
}

// Channel is one feed before it takes a format: the newest articles of a site or
// of one tag, or a page of a site's archive (RFC 5005, section 4).
type Channel struct {
	Site     Site
	Tag      string         // as displayed; "" for the whole site
	Articles []post.Article // newest first
	Excerpts bool           // articles carry their excerpt instead of their content
	Archive  int            // this page of the archive, from 1; 0 for the newest articles
	Archives int            // how many pages the archive has; 0: the newest articles are all
	// Full says that no article will be added to this page of the archive: readers
	// need ask for it only once.
	Full bool
}

// Address is where the feed lies in a format.
func (c Channel) Address(f Format) Address {
	return Address{Tag: post.TagSlug(c.Tag), Archive: c.Archive, Format: f}
}

// Title is the name of the feed, with that of its tag.
func (c Channel) Title() string {
	if c.Tag == "" {
		return c.Site.Title
	}
	return c.Site.Title + ": " + c.Tag
}

// Home is the page that the feed follows: the site's front, or the tag's page.
// It also is the feed's id, since it stays when names and formats change.
func (c Channel) Home() string {
	if c.Tag != "" {
		return c.Site.URL.JoinPath("tags", post.TagSlug(c.Tag)).String()
	}
	if c.Site.URL.Path == "" {
		return c.Site.URL.JoinPath("/").String()
	}
	return c.Site.URL.String()
}

// Self is the address of the feed itself. Readers store it as the place to ask,
// so it must be where the feed is served.
func (c Channel) Self(f Format) string {
	return c.at(c.Address(f))
}

func (c Channel) at(a Address) string { return c.Site.URL.JoinPath(a.Path()).String() }

// page is the address of another page of the archive; 0 is the newest articles.
func (c Channel) page(n int, f Format) string { return c.at(Address{Archive: n, Format: f}) }

// older is the page of the archive that a reader turns to after this one; 0 if
// there is none. The newest articles lead to the newest page, though it holds some
// of them again: what it has beyond them would be missed.
func (c Channel) older() int {
	if c.Archive > 0 {
		return c.Archive - 1
	}
	return c.Archives
}

// Render writes the channel in a format. It fails only for a site without an
// absolute address or an unknown format: an article can be poor (see
// [CheckChannel]), but not unfit.
func Render(c Channel, f Format) ([]byte, error) {
	if !slices.Contains(Formats(), f) {
		return nil, fmt.Errorf("render feed: unknown format %q; use rss, atom or json", f)
	}
	if c.Site.URL == nil || !c.Site.URL.IsAbs() || c.Site.URL.Host == "" {
		return nil, fmt.Errorf("render feed: %w", errNoAddress)
	}
	c = clean(c)
	var data []byte
	var err error
	switch f {
	case RSS:
		data, err = renderRSS(c)
	case Atom:
		data, err = renderAtom(c)
	case JSON:
		data, err = renderJSON(c)
	}
	if err != nil {
		return nil, fmt.Errorf("render feed %s: %w", c.Address(f).Path(), err)
	}
	return data, nil
}

var errNoAddress = errors.New("the site has no absolute address; set site.url, such as https://example.org")

// clean returns the channel with its own texts fit for XML.
func clean(c Channel) Channel {
	for _, s := range []*string{&c.Tag, &c.Site.Title, &c.Site.Description, &c.Site.Language,
		&c.Site.Generator, &c.Site.Icon, &c.Site.StyleURL} {
		*s = legal(*s)
	}
	c.Site.Author = post.Author{Name: line(c.Site.Author.Name), URL: absolute(c.Home(), c.Site.Author.URL)}
	c.Site.Hubs = slices.Clone(c.Site.Hubs)
	for i, hub := range c.Site.Hubs {
		c.Site.Hubs[i] = legal(hub)
	}
	c.Site.Title = strings.TrimSpace(c.Site.Title)
	return c
}

// updated is when one of the articles changed last: the same articles have the same
// bytes, whatever was withdrawn in between. That a feed has changed at all, its ETag
// and its Last-Modified tell. A feed without any has the epoch, since Atom demands a
// date and the present would make two renderings differ.
func (c Channel) updated() time.Time {
	var newest time.Time
	for i := range c.Articles {
		if t := modified(&c.Articles[i]); t.After(newest) {
			newest = t
		}
	}
	if newest.IsZero() {
		return time.Unix(0, 0).UTC()
	}
	return newest.UTC()
}
