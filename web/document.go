package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// revalidate lets everybody keep an answer and ask each time whether it still
// holds: a post that was mended is seen mended.
const revalidate = "no-cache"

// worthZipping is from how many octets on compressing pays.
const worthZipping = 512

// document is an answer that was made once and is given many times. It is not
// changed after it was made.
type document struct {
	mediaType string
	cache     string // Cache-Control
	policy    string // Content-Security-Policy; "" for that of all pages
	plain     form
	gzip      func() form // empty if it would not be smaller; nil if none is worth making
}

// form is the octets of a document in one encoding, with their own validator: a
// strong one promises the same octets (RFC 9110, section 8.8.3).
type form struct {
	data []byte
	etag string
}

func newForm(data []byte) form {
	sum := sha256.Sum256(data)
	return form{data, `"` + hex.EncodeToString(sum[:12]) + `"`}
}

// newDocument makes a document that its readers ask for anew each time.
func newDocument(mediaType string, data []byte) *document {
	d := &document{mediaType: mediaType, cache: revalidate, plain: newForm(data)}
	if len(data) < worthZipping || !zippable(mediaType) {
		return d
	}
	d.gzip = sync.OnceValue(func() (zipped form) { // when it is first asked for
		if data := zip(data); len(data) < len(d.plain.data) {
			zipped = newForm(data)
		}
		return zipped
	})
	return d
}

// newAsset makes a document that may be old for an hour.
func newAsset(mediaType string, data []byte) *document {
	d := newDocument(mediaType, data)
	d.cache = "public, max-age=3600"
	return d
}

// zippable tells whether a type is text, which a picture is not.
func zippable(mediaType string) bool {
	return strings.HasPrefix(mediaType, "text/") || strings.Contains(mediaType, "xml") || strings.Contains(mediaType, "json")
}

func zip(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(data) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// size is about how much memory a document takes in both forms, in octets.
func (d *document) size() int { return len(d.plain.data)*3/2 + 512 }

// serve is the handler of a document. It answers conditional requests too (RFC
// 9110, section 13.1.2).
func (d *document) serve(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	h.Set("Cache-Control", d.cache)
	if d.policy != "" {
		h.Set("Content-Security-Policy", d.policy)
	}
	answer := d.plain
	if d.gzip != nil {
		h.Add("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header) && len(d.gzip().data) > 0 {
			answer = d.gzip()
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("ETag", answer.etag)
	if matches(r.Header, answer.etag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", d.mediaType)
	h.Set("Content-Length", strconv.Itoa(len(answer.data)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(answer.data) // a visitor who has left cannot be told
	}
	return nil
}

// matches tells whether the client has what bears the validator. The comparison
// is the weak one: a proxy that compressed anew calls the same octets weak.
func matches(h http.Header, etag string) bool {
	for _, list := range h.Values("If-None-Match") {
		for tag := range strings.SplitSeq(list, ",") {
			if tag = strings.TrimSpace(tag); tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
				return true
			}
		}
	}
	return false
}

// acceptsGzip tells whether a client takes what gzip compressed.
func acceptsGzip(h http.Header) bool { return weight(h, "gzip", "x-gzip") > 0 }
