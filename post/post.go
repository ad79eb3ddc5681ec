// Package post owns what an author writes: front matter, Markdown made into
// safe HTML and plain text, the excerpt, the slug, the guid and the states that
// a post goes through. It reads bytes and returns values; it opens no file and
// no database and has no clock of its own.
//
// A caller reads a source with [Parse], keeps the resulting [Content] as a
// revision of a [Post], and shows it by way of a [Renderer], which makes an
// [Article] of it: what readers see, with every link absolute.
package post

import (
	"net/url"
	"time"
)

// State is where a post stands in its life.
type State string

// The states of a post. A draft is shown to nobody; a scheduled post becomes
// published when its time comes; a withdrawn one leaves pages and feeds, and its
// guid and slug are never used again.
const (
	Draft     State = "draft"
	Scheduled State = "scheduled"
	Published State = "published"
	Withdrawn State = "withdrawn"
)

// Post is one post with its newest revision.
type Post struct {
	ID        string    // random; safe to show outside
	GUID      string    // a tag: or urn:uuid: URI, fixed at creation
	Slug      string    // unique among posts, also among former slugs
	Source    string    // the path it was last added from; "" if none
	State     State     //
	Number    int64     // publication number; 0: not published, or may not be mailed
	Revision  int       // counts from 1; grows with every change of Content
	Created   time.Time // when the post was stored first
	Published time.Time // what readers see as its date; zero while draft
	Updated   time.Time // the last change that readers see
	Scheduled time.Time // when it becomes published; zero unless State is Scheduled
	Content
}

// Content is what one revision of a post says.
type Content struct {
	Title      string      `json:"title"`
	Summary    string      `json:"summary,omitempty"`    // the author's own words for lists and mail; plain text
	Lang       string      `json:"lang,omitempty"`       // BCP 47; "" is the site's language
	Tags       []string    `json:"tags,omitempty"`       // as written, without duplicates, in the author's order
	Authors    []Author    `json:"authors,omitempty"`    // none: the site's author
	Image      string      `json:"image,omitempty"`      // lead image, as written (may be relative)
	ImageAlt   string      `json:"image_alt,omitempty"`  //
	Canonical  string      `json:"canonical,omitempty"`  // where the post first appeared, if not here
	Enclosures []Enclosure `json:"enclosures,omitempty"` //
	Mail       *bool       `json:"mail,omitempty"`       // the author's word on mailing; nil: decided by date
	Format     Format      `json:"format"`               //
	Body       string      `json:"body"`                 // the source without its front matter, as UTF-8 with LF
}

// Format is the language a body is written in.
type Format string

// The formats of a body.
const (
	Markdown Format = "markdown"
	HTML     Format = "html"
)

// Author is a person named as the writer of a post.
type Author struct {
	Name  string `json:"name"`
	Email string `json:"email,omitempty"`
	URL   string `json:"url,omitempty"`
}

// Enclosure is a media file that belongs to a post.
type Enclosure struct {
	URL    string `json:"url"` // as written (may be relative)
	Type   string `json:"type,omitempty"`
	Length int64  `json:"length,omitempty"` // octets; 0: unknown
}

// Source is a parsed file: its content and what its front matter asks of the
// post itself.
type Source struct {
	Content
	Slug    string    // front matter's slug, else from the file name, else ""
	GUID    string    // front matter's guid; "" to have one made
	Date    time.Time // front matter's date, else the file name's; zero: none
	LastMod time.Time // front matter's lastmod or updated; zero: none
	Draft   bool
	// Warnings tell of what was mended on the way in: dropped control
	// characters, a slug made valid.
	Warnings []string
}

// Article is a post as readers see it: rendered, sanitised, with absolute links.
type Article struct {
	Post
	URL     string // where the post is read, see [Permalink]
	HTML    string // sanitised; every link and image absolute
	Text    string // plain text from the same source, links in the same order as in HTML
	Excerpt string // plain text that ends at a word: Summary if there is one
	Image   string // lead image as an absolute URL; "" if none
}

// Permalink is where the post with this slug is read on a site.
func Permalink(site *url.URL, slug string) string {
	return site.JoinPath("posts", slug).String()
}
