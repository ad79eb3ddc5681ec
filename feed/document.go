package feed

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
)

// Document is a rendered feed with what HTTP needs to serve it. It does not
// change; several goroutines may use it.
type Document struct {
	Address  Address
	Data     []byte
	Modified time.Time // whole seconds; zero: not known well enough to be told

	digest [sha256.Size]byte
	common http.Header // what all forms share
	made   [3]sync.Once
	forms  [3]Form
}

// Coding is how the octets of an answer are compressed (RFC 9110, section 8.4.1).
type Coding int

// The codings, the one that makes the fewest octets last.
const (
	Identity Coding = iota
	Gzip
	Brotli
)

// Token is the coding's name in header fields; that of Identity is "".
func (c Coding) Token() string { return [...]string{"", "gzip", "br"}[c] }

// Form is a document in one coding. Header is what an answer with it tells, and
// Unchanged what one tells that the reader has it (RFC 9110, section 15.4.5). Their
// lists have no room to grow, so they may be shared.
type Form struct {
	Data              []byte
	ETag              string // strong: each coding has its own (RFC 9110, section 8.8.3.3)
	Header, Unchanged http.Header
}

// The settings of the compressors: what a feed of 200 KB takes about 10 ms for.
// It is done once for each change.
const (
	gzipLevel   = 6
	brotliLevel = 5
)

// newDocument makes a document of bytes that are so since modified.
func newDocument(a Address, data []byte, modified time.Time, site Site, maxAge time.Duration) *Document {
	d := &Document{Address: a, Data: data, Modified: modified, digest: sha256.Sum256(data)}
	c := Channel{Site: site, Archive: a.Archive}
	links := []string{"<" + c.at(a) + `>; rel="self"`}
	for _, hub := range c.hubs() {
		links = append(links, "<"+hub+`>; rel="hub"`)
	}
	d.common = http.Header{
		"Content-Type":  single(a.Format.MediaType()),
		"Cache-Control": single("public, max-age=" + strconv.Itoa(int(maxAge/time.Second))),
		"Vary":          single("Accept-Encoding"),
		"Link":          single(strings.Join(links, ", ")),
		// Readers that run in a browser (Fetch Standard, CORS protocol).
		"Access-Control-Allow-Origin":   single("*"),
		"Access-Control-Expose-Headers": single("ETag, Last-Modified, Link"),
	}
	if !modified.IsZero() {
		d.common["Last-Modified"] = single(modified.UTC().Format(http.TimeFormat))
	}
	return d
}

// single is a list without room: appending to it copies it.
func single(value string) []string { return []string{value}[:1:1] }

// Form gives the document in a coding. It is made when it is first asked for.
func (d *Document) Form(c Coding) *Form {
	d.made[c].Do(func() { d.forms[c] = d.form(c) })
	return &d.forms[c]
}

func (d *Document) form(c Coding) Form {
	f := Form{Data: d.encoded(c), Header: d.common.Clone()}
	sum := sha256.Sum256(f.Data)
	f.ETag = `"` + hex.EncodeToString(sum[:12]) + `"`
	f.Header["Etag"] = single(f.ETag)
	f.Header["Content-Length"] = single(strconv.Itoa(len(f.Data)))
	if c != Identity {
		f.Header["Content-Encoding"] = single(c.Token())
	}
	f.Unchanged = http.Header{}
	for _, name := range []string{"Etag", "Cache-Control", "Vary", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers"} {
		f.Unchanged[name] = f.Header[name]
	}
	return f
}

func (d *Document) encoded(c Coding) []byte {
	var b bytes.Buffer
	switch c {
	case Gzip:
		w, err := gzip.NewWriterLevel(&b, gzipLevel)
		if err != nil {
			panic("feed: no such level of gzip: " + err.Error())
		}
		_, _ = w.Write(d.Data) // a buffer takes everything
		_ = w.Close()
	case Brotli:
		w := brotli.NewWriterLevel(&b, brotliLevel)
		_, _ = w.Write(d.Data)
		_ = w.Close()
	default:
		return d.Data
	}
	return b.Bytes()
}

// size is about how many octets of memory the document takes with all its forms.
func (d *Document) size() int { return len(d.Data)*3/2 + 4<<10 }
