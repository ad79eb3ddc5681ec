package feed

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"slices"
	"testing"
	"time"

	"postrider/post"
)

// The second parser is ours: strict, by the letter of each specification.
func TestParseBackStrictly(t *testing.T) {
	parsers := map[Format]func(*testing.T, []byte) reading{RSS: readRSS, Atom: readAtom, JSON: readJSON}
	for _, f := range Formats() {
		t.Run(string(f), func(t *testing.T) {
			c := sample(t)
			data, err := Render(c, f)
			if err != nil {
				t.Fatal(err)
			}
			if d := differences(expected(c, f), parsers[f](t, data), f); d != "" {
				t.Errorf("(-input +read)\n%s", d)
			}
		})
	}
}

type specLink struct {
	Text string `xml:",chardata"`
	Rel  string `xml:"rel,attr"`
	Href string `xml:"href,attr"`
}

// byRel gives the addresses of the links with a relation.
func byRel(links []specLink, rel string) (out []string) {
	for _, l := range links {
		if l.Rel == rel {
			out = append(out, l.Href)
		}
	}
	return out
}

type specMedia struct {
	URL    string `xml:"url,attr"`
	Medium string `xml:"medium,attr"`
}

func lead(all []specMedia) string {
	i := slices.IndexFunc(all, func(m specMedia) bool { return m.Medium == "image" })
	if i < 0 {
		return ""
	}
	return all[i].URL
}

func readRSS(t *testing.T, data []byte) reading {
	var doc struct {
		XMLName xml.Name `xml:"rss"`
		Version string   `xml:"version,attr"`
		Channel struct {
			Title    string     `xml:"title"`
			Links    []specLink `xml:"link"` // RSS's own, and Atom's
			Language string     `xml:"language"`
			TTL      int        `xml:"ttl"`
			Items    []struct {
				Title       string   `xml:"title"`
				Link        string   `xml:"link"`
				Description string   `xml:"description"`
				PubDate     string   `xml:"pubDate"`
				Categories  []string `xml:"category"`
				GUID        struct {
					ID        string `xml:",chardata"`
					Permalink string `xml:"isPermaLink,attr"`
				} `xml:"guid"`
				Enclosures []struct {
					URL    string `xml:"url,attr"`
					Length int64  `xml:"length,attr"`
					Type   string `xml:"type,attr"`
				} `xml:"enclosure"`
				Content  string      `xml:"http://purl.org/rss/1.0/modules/content/ encoded"`
				Creators []string    `xml:"http://purl.org/dc/elements/1.1/ creator"`
				Updated  time.Time   `xml:"http://www.w3.org/2005/Atom updated"`
				Media    []specMedia `xml:"http://search.yahoo.com/mrss/ content"`
			} `xml:"item"`
		} `xml:"channel"`
	}
	if err := xml.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	ch := doc.Channel
	if doc.Version != "2.0" || ch.TTL != 30 || byRel(ch.Links, "hub") == nil {
		t.Errorf("version %q, ttl %d, hubs %q", doc.Version, ch.TTL, byRel(ch.Links, "hub"))
	}
	r := reading{Title: ch.Title, Home: ch.Links[0].Text, Self: byRel(ch.Links, "self")[0], Language: ch.Language}
	for _, it := range ch.Items {
		if it.GUID.Permalink != "false" {
			t.Errorf("guid %s has isPermaLink=%q", it.GUID.ID, it.GUID.Permalink)
		}
		date, err := time.Parse(time.RFC1123Z, it.PubDate)
		if err != nil {
			t.Error(err)
		}
		x := readItem{GUID: it.GUID.ID, Link: it.Link, Title: it.Title, Summary: it.Description, Content: it.Content,
			Published: date.UTC(), Updated: it.Updated, Tags: it.Categories, Authors: it.Creators, Image: lead(it.Media)}
		for _, e := range it.Enclosures {
			x.Files = append(x.Files, e.URL)
		}
		r.Items = append(r.Items, x)
	}
	return r
}

func readAtom(t *testing.T, data []byte) reading {
	type person struct {
		Name string `xml:"name"`
	}
	var doc struct {
		XMLName xml.Name   `xml:"http://www.w3.org/2005/Atom feed"`
		Lang    string     `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
		Title   string     `xml:"title"`
		ID      string     `xml:"id"`
		Updated time.Time  `xml:"updated"`
		Author  []person   `xml:"author"`
		Links   []specLink `xml:"link"`
		Entries []struct {
			Title      string     `xml:"title"`
			ID         string     `xml:"id"`
			Updated    time.Time  `xml:"updated"`
			Published  time.Time  `xml:"published"`
			Links      []specLink `xml:"link"`
			Authors    []person   `xml:"author"`
			Summary    string     `xml:"summary"`
			Content    string     `xml:"http://www.w3.org/2005/Atom content"`
			Categories []struct {
				Term  string `xml:"term,attr"`
				Label string `xml:"label,attr"`
			} `xml:"category"`
			Media []specMedia `xml:"http://search.yahoo.com/mrss/ content"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.ID == "" || doc.Updated.IsZero() || len(doc.Author) == 0 || byRel(doc.Links, "hub") == nil {
		t.Errorf("id %q, updated %v, authors %v, links %v", doc.ID, doc.Updated, doc.Author, doc.Links)
	}
	r := reading{Title: doc.Title, Home: byRel(doc.Links, "alternate")[0], Self: byRel(doc.Links, "self")[0], Language: doc.Lang}
	for _, e := range doc.Entries {
		x := readItem{GUID: e.ID, Link: byRel(e.Links, "alternate")[0], Title: e.Title, Summary: e.Summary, Content: e.Content,
			Published: e.Published, Updated: e.Updated, Files: byRel(e.Links, "enclosure"), Image: lead(e.Media)}
		for _, a := range e.Authors {
			x.Authors = append(x.Authors, a.Name)
		}
		for _, c := range e.Categories {
			x.Tags = append(x.Tags, c.Label)
			if c.Term != post.FoldTag(c.Label) {
				t.Errorf("category %q has the term %q", c.Label, c.Term)
			}
		}
		r.Items = append(r.Items, x)
	}
	return r
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func readJSON(t *testing.T, data []byte) reading {
	type person struct{ Name, URL string }
	var doc struct {
		Version     string
		Title       string
		Home        string `json:"home_page_url"`
		Self        string `json:"feed_url"`
		Description string
		Icon        string
		Language    string
		Authors     []person
		Hubs        []struct{ Type, URL string }
		Items       []struct {
			ID, URL, Title, Summary, Image, Language string
			External                                 string     `json:"external_url"`
			HTML                                     string     `json:"content_html"`
			Text                                     *string    `json:"content_text"`
			Published                                *time.Time `json:"date_published"`
			Modified                                 *time.Time `json:"date_modified"`
			Tags                                     []string
			Authors                                  []person
			Attachments                              []struct {
				URL  string
				Type string `json:"mime_type"`
				Size int64  `json:"size_in_bytes"`
			}
		}
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	if doc.Version != "https://jsonfeed.org/version/1.1" || len(doc.Authors) != 1 || len(doc.Hubs) != 1 {
		t.Errorf("version %q, authors %v, hubs %v", doc.Version, doc.Authors, doc.Hubs)
	}
	r := reading{Title: doc.Title, Home: doc.Home, Self: doc.Self, Language: doc.Language}
	for _, it := range doc.Items {
		if it.HTML == "" && it.Text == nil {
			t.Errorf("item %s has neither content_html nor content_text", it.ID)
		}
		x := readItem{GUID: it.ID, Link: it.URL, Title: it.Title, Summary: it.Summary, Content: it.HTML + deref(it.Text),
			Published: *it.Published, Updated: *it.Modified, Tags: it.Tags, Image: it.Image}
		for _, a := range it.Authors {
			x.Authors = append(x.Authors, a.Name)
		}
		for _, a := range it.Attachments {
			x.Files = append(x.Files, a.URL)
		}
		r.Items = append(r.Items, x)
	}
	return r
}
