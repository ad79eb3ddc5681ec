package feed

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"time"
)

// The namespaces that RSS and Atom documents of ours use beside their own.
const (
	nsAtom    = "http://www.w3.org/2005/Atom"
	nsContent = "http://purl.org/rss/1.0/modules/content/"
	nsDC      = "http://purl.org/dc/elements/1.1/"
	nsMedia   = "http://search.yahoo.com/mrss/"
	nsHistory = "http://purl.org/syndication/history/1.0"
)

// marshal writes an XML document, with a style sheet if there is one.
func (c Channel) marshal(document any) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(c.size())
	b.WriteString(xml.Header)
	if c.Site.StyleURL != "" {
		// ">" is escaped with the rest, so "?>" cannot end the instruction early.
		fmt.Fprintf(&b, `<?xml-stylesheet type="text/css" href="%s"?>`+"\n", escapeXML(c.Site.StyleURL))
	}
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	if err := e.Encode(document); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// size is about how many octets the rendered channel will have.
func (c Channel) size() int {
	n := 4 << 10
	for i := range c.Articles {
		n += 2<<10 + len(c.Articles[i].HTML)*5/4
	}
	return n
}

func escapeXML(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a buffer takes every write
	return b.String()
}

// text is an element of text with its escaping done: that of encoding/xml turns
// every quote and line end into a reference, which makes HTML a third longer and
// no eye can read it.
type text struct {
	Type string `xml:"type,attr,omitempty"`
	XML  string `xml:",innerxml"`
}

// link is an Atom link (RFC 4287, section 4.2.7). The name of its element is its
// field's, so that it serves Atom and, with a prefix, RSS.
type link struct {
	Rel    string `xml:"rel,attr,omitempty"`
	Type   string `xml:"type,attr,omitempty"`
	Href   string `xml:"href,attr"`
	Length int64  `xml:"length,attr,omitempty"`
}

// history marks a page of an archive that is full (RFC 5005, section 4). It is nil,
// and so is its namespace "", where there is none.
func (c Channel) history() (mark *struct{}, namespace string) {
	if !c.Full {
		return nil, ""
	}
	return &struct{}{}, nsHistory
}

// hubs are those that tell of changes of this feed. Of pages of the archive none does.
func (c Channel) hubs() []string {
	if c.Archive > 0 {
		return nil
	}
	return c.Site.Hubs
}

// links are those of a feed as a whole: itself, its page, its hubs, and the
// pages of the archive around it.
func (c Channel) links(f Format) []link {
	out := []link{
		{Rel: "self", Type: f.bareType(), Href: c.Self(f)},
		{Rel: "alternate", Type: "text/html", Href: c.Home()},
	}
	for _, hub := range c.hubs() {
		out = append(out, link{Rel: "hub", Href: hub})
	}
	if n := c.older(); n > 0 {
		out = append(out, link{Rel: "prev-archive", Type: f.bareType(), Href: c.page(n, f)})
	}
	if c.Archive > 0 {
		if c.Archive < c.Archives {
			out = append(out, link{Rel: "next-archive", Type: f.bareType(), Href: c.page(c.Archive+1, f)})
		}
		out = append(out, link{Rel: "current", Type: f.bareType(), Href: c.page(0, f)})
	}
	return out
}

// media is a file in the vocabulary of Media RSS, which RSS and Atom readers
// both know.
type media struct {
	URL         string `xml:"url,attr"`
	Type        string `xml:"type,attr,omitempty"`
	Medium      string `xml:"medium,attr,omitempty"`
	FileSize    int64  `xml:"fileSize,attr,omitempty"`
	Description string `xml:"media:description,omitempty"`
}

// lead is the lead image as a media element, nil if there is none.
func (it item) lead() *media {
	if it.image == "" {
		return nil
	}
	return &media{URL: it.image, Medium: "image", Description: it.imageAlt}
}

// rfc3339 writes a date for Atom; that of no date is the epoch, see [Channel].
func rfc3339(t time.Time) string {
	if t.IsZero() {
		t = time.Unix(0, 0).UTC()
	}
	return t.Format(time.RFC3339)
}
