package post

import (
	"bytes"
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// inline gathers a run of text. White space of HTML collapses to one space,
// which is written only when more text follows on the line.
type inline struct {
	buf   []byte
	space bool // a space is owed
	pre   bool // white space stays as it is
}

// collapse writes text from HTML.
func (w *inline) collapse(s string) {
	if w.pre {
		w.write(s)
		return
	}
	for len(s) > 0 {
		i := strings.IndexAny(s, " \t\n\r\f")
		if i < 0 {
			w.write(s)
			return
		}
		w.write(s[:i])
		w.space = true
		s = s[i+1:]
	}
}

// write writes text as it is.
func (w *inline) write(s string) {
	if s == "" {
		return
	}
	w.gap()
	w.buf = append(w.buf, s...)
}

// gap writes the space that is owed, except where a line begins.
func (w *inline) gap() {
	if w.space && len(w.buf) > 0 && w.buf[len(w.buf)-1] != '\n' {
		w.buf = append(w.buf, ' ')
	}
	w.space = false
}

func (w *inline) lineBreak() {
	w.buf = append(w.buf, '\n')
	w.space = false
}

// lines ends the run; empty if it has no text.
func (w *inline) lines() block {
	s := string(w.buf)
	if strings.TrimSpace(s) == "" {
		return nil
	}
	s = strings.Trim(s, "\n")
	if !w.pre {
		s = strings.Trim(s, "\n ")
	}
	return strings.Split(s, "\n")
}

// inline writes a node that has no blocks in it.
func (t plain) inline(w *inline, n *html.Node) {
	if n.Type == html.TextNode {
		w.collapse(n.Data)
		return
	}
	switch n.DataAtom {
	case atom.Br:
		w.lineBreak()
	case atom.Img:
		w.write(image(n))
		w.space = true // or what follows would read as part of the address
	case atom.A:
		t.link(w, n)
	case atom.Code:
		if w.pre {
			t.children(w, n)
		} else {
			t.between(w, n, "`", "`")
		}
	case atom.Del, atom.S:
		t.between(w, n, "~~", "~~")
	case atom.Q:
		t.between(w, n, "“", "”")
	case atom.Rt, atom.Rtc:
		t.between(w, n, "(", ")")
	case atom.Rp:
	case atom.Sup:
		if t.notes(n) {
			t.children(w, n)
		} else {
			t.between(w, n, "^", "")
		}
	default:
		t.children(w, n)
	}
}

func (t plain) children(w *inline, n *html.Node) {
	for c := range n.ChildNodes() {
		t.inline(w, c)
	}
}

// between writes what is in n between two marks, or nothing if n is empty.
func (t plain) between(w *inline, n *html.Node, before, after string) {
	in := inline{pre: w.pre}
	t.children(&in, n)
	if len(in.buf) == 0 {
		w.space = w.space || in.space
		return
	}
	w.write(before + string(in.buf) + after)
	w.space = in.space
}

// link writes "label <address>", or "<address>" where the label says the same.
func (t plain) link(w *inline, n *html.Node) {
	href := attr(n, "href")
	if kind := attr(n, "class"); strings.HasPrefix(kind, "footnote-") && strings.HasPrefix(href, t.within) {
		if kind == "footnote-ref" {
			w.write("[" + strings.Trim(oneLine(textOf(n)), "[]") + "]")
		} else {
			w.buf, w.space = bytes.TrimSuffix(w.buf, []byte("\u00a0")), false
		}
		return
	}
	before, owed := len(w.buf), w.space
	t.children(w, n)
	if href == "" {
		return
	}
	if sameAddress(strings.TrimSpace(string(w.buf[before:])), href) {
		w.buf, w.space = w.buf[:before], owed
		w.write("<" + href + ">")
		return
	}
	after := w.space
	w.space = true
	w.write("<" + href + ">")
	w.space = after
}

// sameAddress tells whether a label says no more than the address it links to.
func sameAddress(label, href string) bool {
	if label == "" || label == href {
		return true
	}
	for _, scheme := range []string{"", "mailto:", "http://", "https://"} {
		if u, err := url.Parse(scheme + label); err == nil && u.String() == href {
			return true
		}
	}
	return false
}

// notes tells whether n holds a reference to a footnote.
func (t plain) notes(n *html.Node) bool {
	for c := range n.ChildNodes() {
		if c.DataAtom == atom.A && attr(c, "class") == "footnote-ref" && strings.HasPrefix(attr(c, "href"), t.within) {
			return true
		}
	}
	return false
}

// image writes "[Image: alt] address".
func image(n *html.Node) string {
	label := "[Image]"
	if alt := oneLine(attr(n, "alt")); alt != "" {
		label = "[Image: " + alt + "]"
	}
	return label + " " + attr(n, "src")
}

// holdsBlock tells whether n is a block or has one in it.
func holdsBlock(n *html.Node) bool {
	if n.Type != html.ElementNode {
		return false
	}
	if isBlock(n.DataAtom) {
		return true
	}
	for c := range n.Descendants() {
		if isBlock(c.DataAtom) {
			return true
		}
	}
	return false
}

func isBlock(tag atom.Atom) bool {
	switch tag {
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Aside, atom.Header, atom.Footer, atom.Address, atom.Hr,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Pre, atom.Figure, atom.Figcaption,
		atom.Details, atom.Summary, atom.Ul, atom.Ol, atom.Li, atom.Dl, atom.Dt, atom.Dd, atom.Table, atom.Caption,
		atom.Colgroup, atom.Col, atom.Thead, atom.Tbody, atom.Tfoot, atom.Tr, atom.Th, atom.Td:
		return true
	}
	return false
}
