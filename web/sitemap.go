package web

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"time"

	"postrider/post"
)

// The limits of a site map (sitemaps.org, protocol 0.9) are 50,000 addresses and
// 50 MB. So many addresses of so many octets stay below both, with their tags.
const (
	mapEntries = 20_000
	mapAddress = 2048 // also the longest address that the protocol knows
)

const mapSpace = "http://www.sitemaps.org/schemas/sitemap/0.9"

type siteMap struct {
	XMLName xml.Name   `xml:"urlset"`
	Space   string     `xml:"xmlns,attr"`
	Entries []mapEntry `xml:"url"`
}

type mapIndex struct {
	XMLName xml.Name   `xml:"sitemapindex"`
	Space   string     `xml:"xmlns,attr"`
	Maps    []mapEntry `xml:"sitemap"`
}

type mapEntry struct {
	Address string `xml:"loc"`
	Changed string `xml:"lastmod,omitempty"`
}

// siteMap lists every page of the archive that lasts. A large site has an index of
// its maps, which are the pages of the same address: a map may only name what lies
// below its own folder.
func (s *Server) siteMap(r *http.Request) (*document, error) {
	entries, err := s.mapEntries(r)
	if err != nil {
		return nil, err
	}
	n, err := pageNumber(r)
	if err != nil {
		return nil, err
	}
	if !r.URL.Query().Has("page") {
		n = 0
	}
	return mapPage(entries, s.absolute(s.path("sitemap.xml")), n)
}

// mapPage is map n of a site; 0 is the only one, or the index of all.
func mapPage(entries []mapEntry, address string, n int) (*document, error) {
	if n == 0 && len(entries) > mapEntries {
		var maps []mapEntry
		for i := 0; i*mapEntries < len(entries); i++ {
			maps = append(maps, mapEntry{Address: fmt.Sprintf("%s?page=%d", address, i+1)})
		}
		return mapDocument(mapIndex{Space: mapSpace, Maps: maps})
	}
	start := (max(n, 1) - 1) * mapEntries
	if start >= len(entries) {
		return nil, notFound("nothing_here")
	}
	return mapDocument(siteMap{Space: mapSpace, Entries: entries[start:min(start+mapEntries, len(entries))]})
}

// mapEntries lists the front, the tags and the posts.
func (s *Server) mapEntries(r *http.Request) ([]mapEntry, error) {
	places, err := s.Store.Places(r.Context())
	if err != nil {
		return nil, err
	}
	tags, err := s.tags(r.Context())
	if err != nil {
		return nil, err
	}
	var last time.Time
	for _, p := range places {
		if p.Changed.After(last) {
			last = p.Changed
		}
	}
	entries := []mapEntry{{s.absolute(s.base + "/"), mapTime(last)}}
	for _, t := range tags {
		entries = append(entries, mapEntry{s.absolute(s.path("tags", t.slug)), mapTime(t.changed)})
	}
	for _, p := range places {
		entries = append(entries, mapEntry{post.Permalink(s.Site.URL, p.Slug), mapTime(p.Changed)})
	}
	kept := entries[:0]
	for _, e := range entries {
		if len(e.Address) < mapAddress {
			kept = append(kept, e)
		}
	}
	return kept, nil
}

func mapTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func mapDocument(v any) (*document, error) {
	data, err := xml.MarshalIndent(v, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write the site map: %w", err)
	}
	return newDocument("application/xml; charset=utf-8", append([]byte(xml.Header), data...)), nil
}
