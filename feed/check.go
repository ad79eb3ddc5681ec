package feed

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mmcdole/gofeed"
	"golang.org/x/text/language"

	"postrider/post"
)

// Level says how much a problem matters.
type Level string

// The levels: an error breaks the feed for some readers, a warning makes it
// worse than it could be.
const (
	Error   Level = "error"
	Warning Level = "warning"
)

// Problem is something that feed readers would stumble over.
type Problem struct {
	Where   string `json:"where"` // the slug or address of a post, or which feed
	Level   Level  `json:"level"`
	Message string `json:"message"` // what is wrong and what to do
}

// largeFeed is how many octets a feed may have before readers that fetch little,
// and everyone's traffic, suffer. Some readers stop at 512 KiB.
const largeFeed = 512 << 10

// CheckChannel renders a channel in every format and looks at the outcome, and
// at the settings it came from. A problem that all formats share is told once.
// No problems give an empty list. Dates are compared with now.
func CheckChannel(c Channel, now time.Time) []Problem {
	name := "site"
	if c.Tag != "" {
		name = fmt.Sprintf("tag %q", c.Tag)
	}
	slugs := make(map[string]string, len(c.Articles))
	for _, a := range c.Articles {
		slugs[legal(a.URL)] = a.Slug
	}
	l := lint{feed: name, tag: c.Tag != "", now: now, name: func(it *gofeed.Item) string { return slugs[it.Link] }}
	l.settings(c)
	for _, f := range Formats() {
		data, err := Render(c, f)
		if err != nil {
			l.add(name, Error, "%v", err)
			break
		}
		l.self = c.Self(f)
		l.document(data, f)
	}
	return l.problems
}

// lint collects the problems of one feed.
type lint struct {
	feed     string                    // what to call the feed itself
	tag      bool                      // of a tag, whose last post may have been withdrawn
	self     string                    // where it is served; "" if unknown
	now      time.Time                 //
	name     func(*gofeed.Item) string // what to call an item; "" for its address
	https    bool                      // the site is served by https
	problems []Problem
}

// add records a problem unless another format had the same.
func (l *lint) add(where string, level Level, format string, args ...any) {
	p := Problem{Where: where, Level: level, Message: fmt.Sprintf(format, args...)}
	if !slices.Contains(l.problems, p) {
		l.problems = append(l.problems, p)
	}
}

// settings looks at what a rendered feed cannot show.
func (l *lint) settings(c Channel) {
	for _, hub := range c.Site.Hubs {
		if u, err := url.Parse(hub); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			l.add(l.feed, Error, "the hub %q is no web address; write it in full or take it out of feed.hubs", hub)
		}
	}
	written := map[string]string{} // address of a tag → its folded form
	for _, a := range c.Articles {
		if _, err := language.Parse(a.Lang); a.Lang != "" && err != nil {
			l.add(a.Slug, Error, "the language %q is no language tag (BCP 47); write one like en, de-AT or zh-Hant", a.Lang)
		}
		for _, e := range a.Enclosures {
			if e.Length == 0 {
				l.add(a.Slug, Warning, "the enclosure %s has no length, and some programs take it for empty; write length: with its octets below enclosure:", e.URL)
			}
		}
		for _, tag := range a.Tags {
			slug, folded := post.TagSlug(tag), post.FoldTag(tag)
			if other := written[slug]; other != "" && other != folded {
				l.add(a.Slug, Warning, "the tags %q and %q share the address tags/%s and so one feed; write them alike", other, folded, slug)
				continue
			}
			written[slug] = folded
		}
	}
}

// document looks at one rendered feed.
func (l *lint) document(data []byte, f Format) {
	if len(data) > largeFeed {
		l.add(l.feed, Warning, "%s has %d KiB, and some readers take only %d; lower feed.items or set feed.content to excerpt",
			f.FileName(), len(data)>>10, largeFeed>>10)
	}
	if err := wellFormed(data, f); err != nil {
		l.add(l.feed, Error, "%s is not well-formed, so readers refuse it: %v", f.FileName(), err)
		return
	}
	parsed, err := gofeed.NewParser().Parse(bytes.NewReader(data))
	if err != nil {
		l.add(l.feed, Error, "%s cannot be read as a feed: %v", f.FileName(), err)
		return
	}
	if parsed.FeedType != string(f) {
		l.add(l.feed, Error, "%s holds a feed of the type %s; serve each format under its own name", f.FileName(), parsed.FeedType)
		return
	}
	l.channel(parsed)
	l.items(parsed)
}

// wellFormed reads the document to its end with a strict parser.
func wellFormed(data []byte, f Format) error {
	if !utf8.Valid(data) {
		return errors.New("it is not UTF-8")
	}
	if f == JSON {
		return json.Unmarshal(data, &json.RawMessage{})
	}
	for d := xml.NewDecoder(bytes.NewReader(data)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// channel looks at what a feed says of itself.
func (l *lint) channel(p *gofeed.Feed) {
	if strings.TrimSpace(p.Title) == "" {
		l.add(l.feed, Error, "the feed has no title; set site.title")
	}
	home, err := url.Parse(p.Link)
	switch {
	case err != nil || !home.IsAbs() || home.Host == "":
		l.add(l.feed, Error, "the feed names no site to visit (%q); set site.url", p.Link)
	case local(home.Hostname()):
		// The same words for every feed of the site: a caller can tell it once.
		l.add("site", Warning, "the address %s is of this machine only, and nobody else can follow it; set site.url",
			(&url.URL{Scheme: home.Scheme, Host: home.Host}).String())
	default:
		l.https = home.Scheme == "https"
	}
	switch {
	case p.FeedLink == "":
		l.add(l.feed, Error, "the feed does not name its own address (self), so readers and hubs cannot tell where it lives")
	case l.self != "" && p.FeedLink != l.self:
		l.add(l.feed, Error, "the feed says it lives at %s but is served at %s, and readers would move there; set site.url", p.FeedLink, l.self)
	}
	if p.Language != "" {
		if _, err := language.Parse(p.Language); err != nil {
			l.add(l.feed, Error, "the language %q is no language tag (BCP 47); set site.language to one like en, de-AT or zh-Hant", p.Language)
		}
	} else {
		l.add(l.feed, Warning, "the feed names no language, so readers cannot choose fonts, hyphens and a voice; set site.language")
	}
	if len(p.Items) == 0 && !l.tag {
		l.add(l.feed, Warning, "the feed is empty; publish a post")
	}
}

// local tells whether a host is only known to its own machine or network.
func local(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost") ||
		strings.HasSuffix(host, ".local") || !strings.Contains(host, ".")
}
