package post

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// fitter makes a sanitised tree fit to stand anywhere, also beside other posts
// and far from the site: links and images become absolute, and ids are prefixed with
// the post's slug.
type fitter struct {
	links  resolver
	prefix string          // of ids: the slug and a colon, which no id of a page's own has
	ids    map[string]bool // those that stand in this post
}

func newFitter(links resolver, slug string, tree *html.Node) fitter {
	f := fitter{links: links, prefix: slug + ":", ids: map[string]bool{}}
	for n := range tree.Descendants() {
		if id := attr(n, "id"); id != "" {
			f.ids[id] = true
		}
	}
	return f
}

// fit mends the children of n. Inside a link there is no other: where HTML lets
// one slip in, by way of a table, the inner one loses its address.
func (f fitter) fit(n *html.Node, inLink bool) {
	for c, next := n.FirstChild, (*html.Node)(nil); c != nil; c = next {
		next = c.NextSibling
		if c.Type == html.TextNode {
			c.Data = joinLines(scrub(c.Data))
		}
		if c.Type == html.ElementNode {
			f.element(c, inLink)
		}
	}
}

func (f fitter) element(n *html.Node, inLink bool) {
	if n.DataAtom == atom.Img && f.links.media(attr(n, "src")) == "" {
		replace(n, textNode(scrub(attr(n, "alt"))))
		return
	}
	f.attributes(n, inLink)
	f.fit(n, inLink || n.DataAtom == atom.A && attr(n, "href") != "")
}

// attributes mends the attributes of n and drops those that lead nowhere.
func (f fitter) attributes(n *html.Node, inLink bool) {
	kept := n.Attr[:0]
	for _, a := range n.Attr {
		a.Val = scrub(a.Val)
		switch a.Key {
		case "href":
			if a.Val = f.href(a.Val); inLink {
				a.Val = ""
			}
		case "src":
			a.Val = f.links.media(a.Val)
		case "id":
			a.Val = f.prefix + a.Val
		}
		if a.Val != "" || a.Key != "href" && a.Key != "src" {
			kept = append(kept, a)
		}
	}
	n.Attr = kept
}

// href resolves a link; one within the post follows the prefix of its target.
func (f fitter) href(ref string) string {
	if id, within := strings.CutPrefix(ref, "#"); within && f.ids[id] {
		ref = "#" + f.prefix + id
	}
	return f.links.link(ref)
}

// joinLines drops the line feeds between two characters of Chinese or Japanese:
// where a source is wrapped, readers would see a space that nobody wrote.
func joinLines(s string) string {
	if !strings.Contains(s, "\n") {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		if r == '\n' {
			before, _ := utf8.DecodeLastRuneInString(s[:i])
			after, _ := utf8.DecodeRuneInString(s[i+1:])
			if spacelessLine(before) && spacelessLine(after) {
				continue
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}

// spacelessLine tells whether r is of a script that wraps without a space.
func spacelessLine(r rune) bool {
	return 0x3001 <= r && r <= 0x303f || 0xff01 <= r && r <= 0xff60 ||
		unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}
