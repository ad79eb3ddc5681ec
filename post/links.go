package post

import (
	"net/url"
	"path"
	"strings"

	"golang.org/x/net/idna"
)

// resolver makes the links of one post absolute (RFC 3986, section 5). What
// stands in its text is relative to its permalink as if that were a folder:
// "img/a.png" lies beside the post's own page, "../other" is another post, "/x" is
// relative to the host, "#x" is on the page itself.
type resolver struct {
	here   *url.URL // the permalink
	folder *url.URL // the permalink with a slash at its end
}

func newResolver(permalink string) (resolver, error) {
	here, err := url.Parse(permalink)
	if err != nil {
		return resolver{}, err
	}
	return resolver{here: here, folder: here.JoinPath("/")}, nil
}

// link resolves where a reader can go: the web, a mailbox, a telephone. It
// returns "" for any other scheme and for what is no address at all.
func (r resolver) link(ref string) string {
	ref = asBrowsersRead(ref)
	u, err := url.Parse(ref)
	if err != nil || ref == "" {
		return ""
	}
	switch {
	case u.Scheme == "mailto" || u.Scheme == "tel":
		return u.String()
	case u.Scheme == "" && u.Host == "" && u.Path == "":
		u = r.here.ResolveReference(u)
	default:
		u = r.folder.ResolveReference(u)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Opaque != "" {
		return ""
	}
	if host, err := idna.Lookup.ToASCII(u.Hostname()); err == nil && host != u.Hostname() {
		u.Host = strings.Replace(u.Host, u.Hostname(), host, 1)
	}
	return u.String()
}

// asBrowsersRead drops what browsers drop before they look at the scheme (WHATWG
// URL, section 4.4).
func asBrowsersRead(ref string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, strings.TrimSpace(ref))
}

// media resolves what a page can load; "" if it is not on the web. Writers name a
// picture by where its file is, seen from theirs: "../img/a.png" may lie beside the
// folder of posts. No address of the site is there, so its way up is kept, as [Up], in
// an address of the post's own.
func (r resolver) media(ref string) string {
	ref = asBrowsersRead(ref)
	if u, err := url.Parse(ref); err == nil && u.Scheme == "" && u.Host == "" && !strings.HasPrefix(ref, "/") {
		end := len(ref)
		if i := strings.IndexAny(ref, "?#"); i >= 0 {
			end = i
		}
		clean := path.Clean(ref[:end])
		ups := 0
		for ; strings.HasPrefix(clean, "../"); ups++ {
			clean = clean[len("../"):]
		}
		if ups > 0 {
			ref = strings.Repeat(Up+"/", ups) + clean + ref[end:]
		}
	}
	link := r.link(ref)
	if !strings.HasPrefix(link, "http") {
		return ""
	}
	return link
}

// Up stands in the address of a post's picture for the folder above, as ".." does
// in the path of its file: browsers would resolve that.
const Up = "-"
