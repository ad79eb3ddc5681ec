package post

import (
	"crypto/rand"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/idna"
)

// maxGUID is the most octets a guid has.
const maxGUID = 1000

var (
	absoluteURI = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"]+$`)
	dnsName     = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
)

// NewID returns a random identity of a post: 16 characters of lower-case
// base 32, 80 bits, fit for addresses and file names.
func NewID() string { return strings.ToLower(rand.Text()[:16]) }

// NewGUID returns the guid of a post created on a site: a tag URI (RFC 4151)
// with the site's host and the day, in UTC. It is made once, when the post is
// stored, and kept: it outlives changes of slug, title and host. A site whose
// host is no DNS name is called localhost.
func NewGUID(site *url.URL, created time.Time, id string) string {
	host, err := idna.Lookup.ToASCII(strings.ToLower(site.Hostname()))
	if err != nil || !dnsName.MatchString(host) {
		host = "localhost"
	}
	return "tag:" + host + "," + created.UTC().Format(time.DateOnly) + ":" + url.PathEscape(id)
}

// ValidGUID tells whether s may be a post's guid: any absolute URI or IRI (RFC
// 3986, section 4.3; RFC 3987), so that posts from elsewhere keep theirs, also
// http addresses and urn:uuid.
func ValidGUID(s string) bool {
	return len(s) <= maxGUID && absoluteURI.MatchString(s) && scrub(s) == s &&
		strings.IndexFunc(s, unicode.IsSpace) < 0
}
