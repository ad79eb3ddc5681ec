package feed

import (
	"encoding/xml"
	"strconv"
	"time"

	"github.com/gorilla/feeds"
)

// rssDocument is the root element of RSS 2.0 with the modules we use.
type rssDocument struct {
	XMLName   xml.Name   `xml:"rss"`
	Version   string     `xml:"version,attr"`
	NSAtom    string     `xml:"xmlns:atom,attr"`
	NSContent string     `xml:"xmlns:content,attr"`
	NSDC      string     `xml:"xmlns:dc,attr"`
	NSMedia   string     `xml:"xmlns:media,attr"`
	NSHistory string     `xml:"xmlns:fh,attr,omitempty"`
	Channel   rssChannel `xml:"channel"`
}

// rssChannel adds to gorilla's channel what it lacks; its own title, description
// and items hide those below.
type rssChannel struct {
	Title       text `xml:"title"`
	Description text `xml:"description"`
	*feeds.RssFeed
	Links   []link    `xml:"atom:link"`
	Archive *struct{} `xml:"fh:archive"`
	Items   []rssItem `xml:"item"`
}

// rssItem adds several authors and categories, the language and further media.
type rssItem struct {
	Title       text `xml:"title"`
	Description text `xml:"description"`
	*feeds.RssItem
	Creators   []text  `xml:"dc:creator"`
	Language   string  `xml:"dc:language,omitempty"`
	Categories []text  `xml:"category"`
	Updated    string  `xml:"atom:updated,omitempty"`
	Media      []media `xml:"media:content"`
}

func renderRSS(c Channel) ([]byte, error) {
	doc := rssDocument{
		Version:   "2.0",
		NSAtom:    nsAtom,
		NSContent: nsContent,
		NSDC:      nsDC,
		NSMedia:   nsMedia,
		Channel:   c.rss(),
	}
	doc.Channel.Archive, doc.NSHistory = c.history()
	return c.marshal(doc)
}

func (c Channel) rss() rssChannel {
	ch := rssChannel{
		Title:       text{XML: plainRSS(line(c.Title()))},
		Description: text{XML: plainRSS(c.Site.Description)},
		RssFeed: &feeds.RssFeed{
			Link:      c.Home(),
			Language:  c.Site.Language,
			Generator: c.Site.Generator,
			Ttl:       int((c.Site.TTL + time.Minute - 1) / time.Minute),
		},
		Links: c.links(RSS),
	}
	if c.Site.Description == "" { // the element is required
		ch.Description = ch.Title
	}
	if c.Site.Icon != "" {
		ch.Image = &feeds.RssImage{Url: c.Site.Icon, Title: line(c.Title()), Link: c.Home()}
	}
	if updated := c.updated(); updated.Unix() != 0 {
		ch.LastBuildDate = updated.Format(time.RFC1123Z)
	}
	var newest time.Time
	for _, it := range c.items() {
		ch.Items = append(ch.Items, it.rss())
		if it.published.After(newest) {
			newest = it.published
		}
	}
	if !newest.IsZero() {
		ch.PubDate = newest.Format(time.RFC1123Z)
	}
	return ch
}

func (it item) rss() rssItem {
	out := rssItem{
		Title: text{XML: plainRSS(it.title)},
		RssItem: &feeds.RssItem{
			Link: it.link,
			Guid: &feeds.RssGuid{Id: it.guid, IsPermaLink: "false"},
		},
		Description: text{XML: asHTML(it.summary)},
		Language:    it.lang,
	}
	if it.html != "" {
		out.Content = &feeds.RssContent{Content: it.html}
	}
	if !it.published.IsZero() {
		out.PubDate = it.published.Format(time.RFC1123Z)
	}
	if it.updated.After(it.published) {
		out.Updated = rfc3339(it.updated)
	}
	for _, a := range it.authors {
		out.Creators = append(out.Creators, text{XML: plainRSS(a.Name)})
	}
	for _, tag := range it.tags {
		out.Categories = append(out.Categories, text{XML: plainRSS(tag)})
	}
	it.rssMedia(&out)
	return out
}

// rssMedia adds the lead image and the media files. An item should have at most
// one enclosure (RSS Best Practices Profile); further ones go as media content.
func (it item) rssMedia(out *rssItem) {
	if lead := it.lead(); lead != nil {
		out.Media = append(out.Media, *lead)
	}
	for i, e := range it.enclosures {
		if i == 0 { // a length must be there: "0" says that it is unknown
			out.Enclosure = &feeds.RssEnclosure{Url: e.URL, Type: e.Type, Length: strconv.FormatInt(e.Length, 10)}
			continue
		}
		out.Media = append(out.Media, media{URL: e.URL, Type: e.Type, FileSize: e.Length})
	}
}
