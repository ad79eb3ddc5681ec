package feed

import (
	"cmp"
	"html"
	"net/url"
	"strings"
	"time"

	"postrider/post"
)

// item is an article as all formats see it: every text legal, every address
// absolute, every default applied. The formats only arrange it.
type item struct {
	guid, link, canonical string
	title, summary, html  string // html is "" in a feed of excerpts
	lang                  string // "" if the site's
	image, imageAlt       string
	authors               []post.Author
	tags                  []string
	enclosures            []post.Enclosure
	published, updated    time.Time // UTC, whole seconds; published is zero if unknown
}

// items prepares the articles of a channel.
func (c Channel) items() []item {
	out := make([]item, len(c.Articles))
	for i := range c.Articles {
		out[i] = c.item(&c.Articles[i])
	}
	return out
}

func (c Channel) item(a *post.Article) item {
	it := item{
		guid:       legal(a.GUID),
		link:       legal(a.URL),
		title:      line(a.Title),
		summary:    strings.TrimSpace(legal(a.Excerpt)),
		image:      legal(a.Image),
		imageAlt:   line(a.ImageAlt),
		authors:    c.authors(a.Authors),
		enclosures: enclosures(a),
		published:  published(a),
		updated:    modified(a),
	}
	if it.guid == "" {
		it.guid = it.link
	}
	if a.Lang != c.Site.Language {
		it.lang = legal(a.Lang)
	}
	if canonical := absolute(a.URL, a.Canonical); canonical != it.link {
		it.canonical = canonical
	}
	for _, tag := range a.Tags {
		if tag = line(tag); tag != "" {
			it.tags = append(it.tags, tag)
		}
	}
	if !c.Excerpts {
		it.html = withImage(legal(a.HTML), it.image, it.imageAlt)
	}
	return it
}

// authors gives the people to name: the site's author if the post has none.
func (c Channel) authors(of []post.Author) []post.Author {
	var named []post.Author
	for _, a := range of {
		if name := line(a.Name); name != "" {
			named = append(named, post.Author{Name: name, URL: absolute(c.Home(), a.URL)})
		}
	}
	if named == nil && c.Site.Author.Name != "" {
		named = []post.Author{c.Site.Author}
	}
	return named
}

// withImage puts the lead image before a body that does not show it already:
// many readers show the body alone.
func withImage(body, image, alt string) string {
	escaped := html.EscapeString(image)
	if image == "" || strings.Contains(body, `src="`+escaped+`"`) {
		return body
	}
	return `<p><img src="` + escaped + `" alt="` + html.EscapeString(alt) + `"></p>` + "\n" + body
}

// published is the date readers see, as feeds write it.
func published(a *post.Article) time.Time {
	if a.Published.IsZero() {
		return a.Updated.UTC().Truncate(time.Second)
	}
	return a.Published.UTC().Truncate(time.Second)
}

// modified is never before published: a post that waited for its day was
// written earlier.
func modified(a *post.Article) time.Time {
	p := published(a)
	if u := a.Updated.UTC().Truncate(time.Second); u.After(p) {
		return u
	}
	return p
}

// enclosures are the media files of an article, each with a type. One that is not
// on the web is left out.
func enclosures(a *post.Article) []post.Enclosure {
	var out []post.Enclosure
	for _, e := range a.Enclosures {
		if e.URL = absolute(a.URL, e.URL); e.URL == "" {
			continue
		}
		if e.Type = legal(e.Type); e.Type == "" {
			e.Type = cmp.Or(post.MediaType(e.URL), octets)
		}
		out = append(out, e)
	}
	return out
}

// absolute resolves ref as the page at base would if it were a folder: files lie
// beside an article, in the folder of its address. What is not on the web is "".
func absolute(base, ref string) string {
	if ref == "" {
		return ""
	}
	u, err := url.Parse(strings.TrimSpace(legal(ref)))
	b, baseErr := url.Parse(base)
	if err != nil || baseErr != nil {
		return ""
	}
	u = b.JoinPath("/").ResolveReference(u)
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return u.String()
}

// octets is the type of a file of which nothing is known (RFC 2046, section 4.5.1).
const octets = "application/octet-stream"
