package post

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Renderer makes articles of posts. It is safe for concurrent use; make one
// with [NewRenderer].
type Renderer struct {
	Site *url.URL // where the site is; absolute

	markdown goldmark.Markdown
	policy   *bluemonday.Policy
}

// NewRenderer returns a renderer for a site.
func NewRenderer(site *url.URL) *Renderer {
	return &Renderer{Site: site, markdown: newMarkdown(), policy: newPolicy()}
}

// Article renders p as readers see it. HTML, text, excerpt and lead image come
// from one sanitised tree, so that they never tell different things. The
// addresses of enclosures are made absolute too.
//
// The only posts that fail are those that nest hundreds of elements, which
// [Renderer.Check] refuses before they are stored.
func (r *Renderer) Article(p Post) (Article, error) {
	a := Article{Post: p, URL: Permalink(r.Site, p.Slug)}
	links, err := newResolver(a.URL)
	if err != nil {
		return Article{}, fmt.Errorf("render post %q: %w", p.Slug, err)
	}
	tree, err := r.tree(p.Content, links)
	if err != nil {
		return Article{}, fmt.Errorf("render post %q: %w", p.Slug, err)
	}
	newFitter(links, p.Slug, tree).fit(tree, false)
	if a.HTML, err = markup(tree); err != nil {
		return Article{}, fmt.Errorf("render post %q: %w", p.Slug, err)
	}
	a.Text = plain{within: a.URL + "#"}.text(tree)
	a.Excerpt = oneLine(p.Summary)
	if a.Excerpt == "" {
		a.Excerpt = Shorten(prose(tree), ExcerptColumns)
	}
	a.leadImage(links, tree)
	a.Enclosures = slices.Clone(p.Enclosures)
	for i, e := range a.Enclosures {
		a.Enclosures[i].URL = links.media(e.URL)
	}
	a.Enclosures = slices.DeleteFunc(a.Enclosures, func(e Enclosure) bool { return e.URL == "" })
	return a, nil
}

// nestable is how often a body has to have a character that may open an element
// for it to nest as deep as to fail: a mark opens two elements at most, of 512.
const nestable = 200

// Check returns an error for a content that cannot be rendered. It renders only
// what might fail, so that it costs most posts nothing.
func (r *Renderer) Check(c Content) error {
	marks := 0
	for _, b := range []byte(c.Body) {
		if strings.IndexByte("<>*_~[-+.)", b) >= 0 {
			marks++
		}
	}
	if marks < nestable {
		return nil
	}
	if _, err := r.Article(Post{Slug: "x", Content: c}); err != nil {
		return errors.New("nests hundreds of elements in one another, as no reader shows them; close those that are left open")
	}
	return nil
}

// tree makes the HTML of a body and returns what is safe of it, with its links
// as written. The HTML is parsed before it is sanitised, so that every element
// is closed, and once more after, so that nothing of the first tree remains.
func (r *Renderer) tree(c Content, links resolver) (*html.Node, error) {
	source := c.Body
	if c.Format != HTML {
		var b strings.Builder
		if err := r.markdown.Convert([]byte(c.Body), &b); err != nil {
			return nil, fmt.Errorf("render Markdown: %w", err)
		}
		source = b.String()
	}
	raw, err := parseFragment(source)
	if err != nil {
		return nil, err
	}
	tidy(raw, links, false)
	if source, err = markup(raw); err != nil {
		return nil, err
	}
	return parseFragment(r.policy.Sanitize(source))
}

// parseFragment parses a piece of HTML as what is in a div.
func parseFragment(source string) (*html.Node, error) {
	root := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	nodes, err := html.ParseFragment(strings.NewReader(source), root)
	if err != nil {
		return nil, fmt.Errorf("parse HTML: %w", err)
	}
	for _, n := range nodes {
		root.AppendChild(n)
	}
	return root, nil
}

// markup writes what is in a tree as HTML whose elements are all closed.
func markup(tree *html.Node) (string, error) {
	var b strings.Builder
	for n := range tree.ChildNodes() {
		if err := html.Render(&b, n); err != nil {
			return "", fmt.Errorf("write HTML: %w", err)
		}
	}
	return strings.TrimSpace(b.String()), nil
}

// leadImage sets the image that front matter names, or else the body's first.
func (a *Article) leadImage(links resolver, tree *html.Node) {
	if a.Image = links.media(a.Content.Image); a.Image != "" {
		return
	}
	for n := range tree.Descendants() {
		if n.DataAtom == atom.Img {
			a.Image, a.ImageAlt = attr(n, "src"), attr(n, "alt")
			return
		}
	}
}
