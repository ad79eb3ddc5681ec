package feed

import (
	"strconv"
	"strings"

	"postrider/post"
)

// Address is where a feed lies on its site.
type Address struct {
	Tag     string // as in addresses, see [post.TagSlug]; "" for the whole site
	Archive int    // the page of the site's archive, from 1; 0 for the newest articles
	Format  Format
}

// Path is the address below its site, with "/" between the parts and not
// percent-encoded.
func (a Address) Path() string {
	switch {
	case a.Archive > 0:
		return "archive/" + strconv.Itoa(a.Archive) + "/" + a.Format.FileName()
	case a.Tag != "":
		return "tags/" + a.Tag + "/" + a.Format.FileName()
	}
	return a.Format.FileName()
}

// Path is where a feed of the newest articles lies below its site: "feed.xml", or
// "tags/go/feed.xml" for the tag "Go". See [Address.Path].
func Path(tag string, f Format) string { return Address{Tag: post.TagSlug(tag), Format: f}.Path() }

// ParsePath reads what [Address.Path] writes, and nothing else. It does not know
// whether there is such a tag or page.
func ParsePath(path string) (a Address, ok bool) {
	folder, name := "", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		folder, name = path[:i], path[i+1:]
	}
	for _, f := range Formats() {
		if f.FileName() == name {
			a.Format = f
		}
	}
	if tag, ok := strings.CutPrefix(folder, "tags/"); ok && !strings.Contains(tag, "/") {
		a.Tag = tag
	}
	if page, ok := strings.CutPrefix(folder, "archive/"); ok {
		a.Archive, _ = strconv.Atoi(page) // what is no number is found out below
	}
	return a, a.Format != "" && a.Path() == path
}
