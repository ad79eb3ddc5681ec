package post

import (
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// tidy readies a parsed body for the sanitiser. That reads tags one by one and
// does not know what is never closed, so what has no place in a post goes here,
// with all that is in it. Players and embedded pages become links and check
// boxes characters, which say the same wherever the post is read.
func tidy(n *html.Node, links resolver, inLink bool) {
	for c, next := n.FirstChild, (*html.Node)(nil); c != nil; c = next {
		next = c.NextSibling
		switch {
		case c.Type == html.TextNode:
		case c.Type != html.ElementNode, c.Namespace != "", hasNoText(c.DataAtom):
			n.RemoveChild(c)
		case c.DataAtom == atom.Audio, c.DataAtom == atom.Video, c.DataAtom == atom.Iframe:
			linkPlayer(c, links, inLink)
		case c.DataAtom == atom.Input:
			replace(c, textNode(checkBox(c)))
		default:
			tidy(c, links, inLink || c.DataAtom == atom.A)
		}
	}
}

// hasNoText tells whether an element holds what is no text of a post.
func hasNoText(tag atom.Atom) bool {
	switch tag {
	case atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Noembed, atom.Noframes, atom.Title, atom.Object,
		atom.Embed, atom.Applet, atom.Canvas, atom.Frame, atom.Frameset, atom.Button, atom.Select, atom.Textarea, atom.Plaintext, atom.Xmp:
		return true
	}
	return false
}

// linkPlayer puts a link in the place of what would play or embed.
func linkPlayer(n *html.Node, links resolver, inLink bool) {
	src := links.media(attr(n, "src"))
	for c := range n.Descendants() {
		if src == "" && c.DataAtom == atom.Source {
			src = links.media(attr(c, "src"))
		}
	}
	label := scrub(attr(n, "title"))
	if label == "" {
		label = src
	}
	if src == "" || inLink {
		replace(n, textNode(label))
		return
	}
	a := &html.Node{Type: html.ElementNode, Data: "a", DataAtom: atom.A, Attr: []html.Attribute{{Key: "href", Val: src}}}
	a.AppendChild(textNode(label))
	replace(n, a)
}

// checkBox is the character for a check box, and nothing for any other input.
func checkBox(n *html.Node) string {
	if attr(n, "type") != "checkbox" {
		return ""
	}
	for _, a := range n.Attr {
		if a.Key == "checked" {
			return "☑"
		}
	}
	return "☐"
}

func replace(old, by *html.Node) {
	old.Parent.InsertBefore(by, old)
	old.Parent.RemoveChild(old)
}

func textNode(s string) *html.Node { return &html.Node{Type: html.TextNode, Data: s} }

// attr is the value of an attribute of n; "" if it has none.
func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
