package feed

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	"golang.org/x/net/html"
)

// items looks at each item and at what they must not have in common.
func (l *lint) items(p *gofeed.Feed) {
	guids, links := map[string]string{}, map[string]string{}
	for _, it := range p.Items {
		where := cmp.Or(l.name(it), it.Link, it.GUID, l.feed)
		if other, ok := guids[it.GUID]; ok && it.GUID != "" {
			l.add(where, Error, "shares its guid %s with %s, so readers show only one of them; give one a guid of its own", it.GUID, other)
		}
		if other, ok := links[it.Link]; ok && it.Link != "" {
			l.add(where, Warning, "shares its address %s with %s; give each a slug of its own", it.Link, other)
		}
		guids[it.GUID], links[it.Link] = where, where
		l.item(where, it)
		l.authors(p, it)
		l.content(where, it)
	}
}

func (l *lint) item(where string, it *gofeed.Item) {
	if strings.TrimSpace(it.Title) == "" {
		l.add(where, Warning, "has no title, and readers show one of their own making; write one")
	}
	if it.GUID == "" {
		l.add(where, Error, "has no guid, so an edit makes it a new post in every reader")
	}
	if u, err := url.Parse(it.Link); err != nil || !u.IsAbs() || u.Host == "" && u.Scheme != "mailto" {
		l.add(where, Error, "has no absolute address (%q)", it.Link)
	}
	switch date := it.PublishedParsed; {
	case date == nil || date.Unix() <= 0:
		l.add(where, Error, "has no date, so readers put it at the present; write date: in its front matter")
	case date.After(l.now):
		l.add(where, Warning, "is dated in the future (%s), and readers hide it or keep it on top; correct its date", date.Format(time.RFC3339))
	}
	if it.Content == "" && it.Description == "" {
		l.add(where, Warning, "has no content; write a body or a summary")
	}
	for _, s := range append([]string{it.Title, it.Description, it.Content, it.GUID}, it.Categories...) {
		if legal(s) != s {
			l.add(where, Error, "holds characters that feeds must not have (control characters); take them out")
		}
	}
}

// authors tells once of a feed in which someone is missing a name.
func (l *lint) authors(p *gofeed.Feed, it *gofeed.Item) {
	if len(it.Authors) == 0 && len(p.Authors) == 0 {
		l.add(l.feed, Warning, "there are posts without an author; set site.author.name")
	}
}

// unwanted says what becomes of an element that has no place in a feed; "" for
// all others.
func unwanted(element string) string {
	switch element {
	case "script", "style", "form":
		return "readers remove it"
	case "iframe", "object", "embed":
		return "readers remove it or show a blank frame; link to it"
	case "base":
		return "readers then break every link"
	}
	return ""
}

// content looks at the HTML of an item, token by token.
func (l *lint) content(where string, it *gofeed.Item) {
	for z := html.NewTokenizer(strings.NewReader(it.Content)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			if why := unwanted(t.Data); why != "" {
				l.add(where, Error, "has the element <%s> in its content: %s", t.Data, why)
			}
			for _, a := range t.Attr {
				l.attribute(where, t.Data, a)
			}
		}
	}
}

// attribute looks at addresses and event handlers.
func (l *lint) attribute(where, element string, a html.Attribute) {
	if strings.HasPrefix(a.Key, "on") {
		l.add(where, Error, "has a script in its content (%s=); readers remove it", a.Key)
	}
	if a.Key != "href" && a.Key != "src" && a.Key != "poster" && a.Key != "cite" {
		return
	}
	u, err := url.Parse(strings.TrimSpace(a.Val))
	switch {
	case err != nil:
		l.add(where, Error, "has a broken address in its content: %s=%q", a.Key, a.Val)
	case u.Scheme == "javascript":
		l.add(where, Error, "has a script in its content (%s=); readers remove it", a.Key)
	case !u.IsAbs():
		l.add(where, Error, "has a relative address in its content (%s=%q), which leads nowhere in a reader; write it in full", a.Key, a.Val)
	case l.https && element == "img" && u.Scheme == "http":
		l.add(where, Warning, "shows the image %s over http on a site of https, and browsers block it; use https", a.Val)
	}
}
