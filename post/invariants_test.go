package post

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// checkSafe holds what is true of every article, whatever its source.
func checkSafe(t *testing.T, a Article) {
	t.Helper()
	for _, s := range []string{a.HTML, a.Text, a.Excerpt} {
		if !utf8.ValidString(s) || scrub(s) != s {
			t.Errorf("illegal characters in %q", s)
		}
	}
	if strings.ContainsAny(a.Excerpt, "\n") {
		t.Errorf("excerpt of several lines: %q", a.Excerpt)
	}
	z := html.NewTokenizer(strings.NewReader(a.HTML))
	for z.Next() != html.ErrorToken {
		token := z.Token()
		if token.Type == html.TextToken || token.Type == html.EndTagToken {
			continue
		}
		switch token.DataAtom {
		case 0, atom.Script, atom.Style, atom.Iframe, atom.Form, atom.Input, atom.Svg, atom.Object, atom.Audio, atom.Video, atom.Base, atom.Meta, atom.Link:
			t.Errorf("tag %s in %s", token, a.HTML)
		}
		for _, attr := range token.Attr {
			checkAttribute(t, a, attr)
		}
	}
	tree, err := html.Parse(strings.NewReader(a.HTML))
	if err != nil {
		t.Fatalf("HTML does not parse: %v", err)
	}
	var again strings.Builder
	for n := range tree.Descendants() {
		if n.DataAtom == atom.Body {
			for c := range n.ChildNodes() {
				if err := html.Render(&again, c); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if got := strings.TrimSpace(again.String()); got != a.HTML {
		t.Errorf("HTML reads differently when parsed again:\n%s\n%s", a.HTML, got)
	}
}

func checkAttribute(t *testing.T, a Article, attr html.Attribute) {
	t.Helper()
	switch attr.Key {
	case "href", "src":
		u, err := url.Parse(attr.Val)
		if err != nil {
			t.Errorf("%s is no URL: %v", attr.Key, err)
			return
		}
		web := (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
		if !web && (attr.Key == "src" || u.Scheme != "mailto" && u.Scheme != "tel") {
			t.Errorf("%s is not absolute on the web: %q", attr.Key, attr.Val)
		}
	case "id":
		if !strings.HasPrefix(attr.Val, a.Slug+":") {
			t.Errorf("id without prefix: %q", attr.Val)
		}
	case "style", "srcset", "target", "srcdoc", "xlink:href", "action":
		t.Errorf("attribute %s in %s", attr.Key, a.HTML)
	}
	if strings.HasPrefix(attr.Key, "on") {
		t.Errorf("attribute %s in %s", attr.Key, a.HTML)
	}
}

// addresses are what an article's HTML links to and shows, in the order in
// which its text must have them: a picture before the link around it.
func addresses(t *testing.T, a Article) []string {
	t.Helper()
	tree, err := html.Parse(strings.NewReader(a.HTML))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		for c := range n.ChildNodes() {
			walk(c)
		}
		if src := attr(n, "src"); src != "" {
			found = append(found, src)
		}
		href := attr(n, "href")
		if strings.HasPrefix(attr(n, "class"), "footnote-") && strings.HasPrefix(href, a.URL+"#") {
			return
		}
		if href != "" {
			found = append(found, "<"+href+">")
		}
	}
	walk(tree)
	return found
}

// checkLinks holds that the text has every address of the HTML, in its order.
func checkLinks(t *testing.T, a Article) {
	t.Helper()
	rest := a.Text
	for _, address := range addresses(t, a) {
		i := strings.Index(rest, address)
		if i < 0 {
			t.Errorf("text lacks %s or has it in another place:\n%s\n---\n%s", address, a.HTML, a.Text)
			return
		}
		rest = rest[i+len(address):]
	}
}
