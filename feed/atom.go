package feed

import (
	"github.com/gorilla/feeds"

	"postrider/post"
)

// atomFeed adds to gorilla's feed element what it lacks.
type atomFeed struct {
	Lang      string `xml:"xml:lang,attr,omitempty"`
	NSMedia   string `xml:"xmlns:media,attr"`
	NSHistory string `xml:"xmlns:fh,attr,omitempty"`
	*feeds.AtomFeed
	Archive   *struct{}    `xml:"fh:archive"`
	Generator string       `xml:"generator,omitempty"`
	Links     []link       `xml:"link"`
	Authors   []atomPerson `xml:"author"`
	Entries   []atomEntry  `xml:"entry"`
}

// atomEntry adds several authors and categories, the language and the lead image.
type atomEntry struct {
	Lang  string `xml:"xml:lang,attr,omitempty"`
	Title text   `xml:"title"`
	*feeds.AtomEntry
	Summary    *text          `xml:"summary"`
	Content    *text          `xml:"content"`
	EntryLinks []link         `xml:"link"` // another name than gorilla's untagged Links, which stays nil
	Authors    []atomPerson   `xml:"author"`
	Categories []atomCategory `xml:"category"`
	Media      *media         `xml:"media:content"`
}

type atomPerson struct {
	Name string `xml:"name"`
	URI  string `xml:"uri,omitempty"`
}

type atomCategory struct {
	Term  string `xml:"term,attr"`
	Label string `xml:"label,attr"`
}

func renderAtom(c Channel) ([]byte, error) {
	doc := atomFeed{
		Lang:    c.Site.Language,
		NSMedia: nsMedia,
		AtomFeed: &feeds.AtomFeed{
			Xmlns:    nsAtom,
			Title:    line(c.Title()),
			Id:       c.Home(),
			Updated:  rfc3339(c.updated()),
			Icon:     c.Site.Icon,
			Subtitle: c.Site.Description,
		},
		Generator: c.Site.Generator,
		Links:     c.links(Atom),
	}
	doc.Archive, doc.NSHistory = c.history()
	doc.Authors = atomPeople(c.authors(nil))
	if doc.Authors == nil { // an author is required; the site speaks for itself
		doc.Authors = []atomPerson{{Name: doc.Title}}
	}
	for _, it := range c.items() {
		doc.Entries = append(doc.Entries, it.atom())
	}
	return c.marshal(doc)
}

func (it item) atom() atomEntry {
	out := atomEntry{
		Lang:  it.lang,
		Title: text{XML: escape(it.title)},
		AtomEntry: &feeds.AtomEntry{
			Id:      it.guid,
			Updated: rfc3339(it.updated),
		},
		EntryLinks: it.atomLinks(),
		Authors:    atomPeople(it.authors),
		Media:      it.lead(),
	}
	if !it.published.IsZero() {
		out.Published = rfc3339(it.published)
	}
	if it.summary != "" {
		out.Summary = &text{Type: "text", XML: escape(it.summary)}
	}
	if it.html != "" {
		out.Content = &text{Type: "html", XML: escape(it.html)}
	}
	for _, tag := range it.tags {
		out.Categories = append(out.Categories, atomCategory{Term: post.FoldTag(tag), Label: tag})
	}
	return out
}

func (it item) atomLinks() []link {
	links := []link{{Rel: "alternate", Type: "text/html", Href: it.link}}
	if it.canonical != "" {
		links = append(links, link{Rel: "canonical", Href: it.canonical}) // RFC 6596
	}
	for _, e := range it.enclosures {
		links = append(links, link{Rel: "enclosure", Type: e.Type, Href: e.URL, Length: e.Length})
	}
	return links
}

func atomPeople(authors []post.Author) []atomPerson {
	var out []atomPerson
	for _, a := range authors {
		out = append(out, atomPerson{Name: a.Name, URI: a.URL})
	}
	return out
}
