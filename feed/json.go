package feed

import (
	"bytes"
	"cmp"
	"encoding/json"
	"time"

	"github.com/gorilla/feeds"

	"postrider/post"
)

// jsonFeed is gorilla's feed with a list of items that is there when empty, as
// JSON Feed 1.1 demands.
type jsonFeed struct {
	*feeds.JSONFeed
	Items []jsonItem `json:"items"`
}

// jsonItem adds the language and mends the size of attachments.
type jsonItem struct {
	*feeds.JSONItem
	Language    string           `json:"language,omitempty"`
	Attachments []jsonAttachment `json:"attachments,omitempty"`
}

type jsonAttachment struct {
	URL      string `json:"url"`
	MIMEType string `json:"mime_type"`
	Size     int64  `json:"size_in_bytes,omitempty"`
}

func renderJSON(c Channel) ([]byte, error) {
	doc := jsonFeed{
		JSONFeed: &feeds.JSONFeed{
			Version:     "https://jsonfeed.org/version/1.1",
			Title:       line(c.Title()),
			Language:    c.Site.Language,
			HomePageUrl: c.Home(),
			FeedUrl:     c.Self(JSON),
			Description: c.Site.Description,
			Icon:        c.Site.Icon,
			Authors:     jsonPeople(c.authors(nil)),
		},
		Items: make([]jsonItem, 0, len(c.Articles)),
	}
	if n := c.older(); n > 0 {
		doc.NextUrl = c.page(n, JSON)
	}
	for _, hub := range c.hubs() {
		doc.Hubs = append(doc.Hubs, &feeds.JSONHub{Type: "WebSub", Url: hub})
	}
	for _, it := range c.items() {
		doc.Items = append(doc.Items, it.json())
	}
	var b bytes.Buffer
	b.Grow(c.size())
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // the document is not put into a page; "<" reads better than "\u003c"
	e.SetIndent("", "  ")
	if err := e.Encode(doc); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func (it item) json() jsonItem {
	out := jsonItem{
		JSONItem: &feeds.JSONItem{
			Id:          it.guid,
			Url:         it.link,
			ExternalUrl: it.canonical,
			Title:       it.title,
			ContentHTML: it.html,
			Summary:     it.summary,
			Image:       it.image,
			Authors:     jsonPeople(it.authors),
			Tags:        it.tags,
		},
		Language: it.lang,
	}
	if it.html == "" { // one of both must be there
		out.ContentText = cmp.Or(it.summary, it.title, it.link)
	}
	out.PublishedDate, out.ModifiedDate = jsonTime(it.published), jsonTime(it.updated)
	for _, e := range it.enclosures {
		out.Attachments = append(out.Attachments, jsonAttachment{URL: e.URL, MIMEType: e.Type, Size: e.Length})
	}
	return out
}

func jsonTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func jsonPeople(authors []post.Author) []*feeds.JSONAuthor {
	var out []*feeds.JSONAuthor
	for _, a := range authors {
		out = append(out, &feeds.JSONAuthor{Name: a.Name, Url: a.URL})
	}
	return out
}
