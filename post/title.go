package post

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// takeTitle finds a title in a body and returns it with the body that is left.
// In Markdown that is a heading of the first level, if the body begins with it
// or has no other; in HTML it is the document's title, or else its first h1.
// Without one the title is "".
func takeTitle(f Format, body string) (title, rest string) {
	if f == HTML {
		return takeHTMLTitle(body)
	}
	source := []byte(body)
	doc := newMarkdown().Parser().Parse(text.NewReader(source))
	var only *ast.Heading
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		h, ok := n.(*ast.Heading)
		if !ok || h.Level != 1 || h.Lines().Len() == 0 {
			continue
		}
		if only != nil {
			only = nil
			break
		}
		if only = h; n.PreviousSibling() == nil {
			break
		}
	}
	if only == nil {
		return "", body
	}
	start, end := headingSpan(source, only)
	title = oneLine(headingText(source[start:end]))
	if title == "" {
		return "", body
	}
	return title, body[:start] + strings.TrimLeft(body[end:], "\n")
}

// headingSpan is where the lines of h stand in its source, with the underline
// that closes a setext heading (CommonMark 0.31, section 4.3).
func headingSpan(source []byte, h *ast.Heading) (start, end int) {
	lines := h.Lines()
	start = bytes.LastIndexByte(source[:lines.At(0).Start], '\n') + 1
	end = lineEnd(source, lines.At(lines.Len()-1).Start)
	if !bytes.HasPrefix(bytes.TrimLeft(source[start:], " "), []byte("#")) {
		end = lineEnd(source, end)
	}
	return start, end
}

// lineEnd is the offset behind the line feed that follows at.
func lineEnd(source []byte, at int) int {
	if i := bytes.IndexByte(source[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(source)
}

// headingText is the text of a heading in Markdown without its markup.
func headingText(heading []byte) string {
	var b strings.Builder
	if err := newMarkdown().Convert(heading, &b); err != nil {
		return ""
	}
	return tagless(b.String())
}

// tagless is the text of a piece of HTML that is not yet sanitised.
func tagless(fragment string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(fragment))
	for z.Next() != html.ErrorToken {
		if t := z.Token(); t.Type == html.TextToken {
			b.WriteString(t.Data)
		}
	}
	return scrub(b.String())
}

// takeHTMLTitle is [takeTitle] for HTML.
func takeHTMLTitle(body string) (title, rest string) {
	if _, title = element(body, atom.Title); title != "" {
		return title, body
	}
	span, title := element(body, atom.H1)
	if title == "" {
		return "", body
	}
	return title, body[:span[0]] + strings.TrimLeft(body[span[1]:], "\n")
}

// element finds the first element with a tag and returns where it stands and its text.
func element(body string, tag atom.Atom) (span [2]int, title string) {
	z := html.NewTokenizer(strings.NewReader(body))
	at, open := 0, -1
	for z.Next() != html.ErrorToken {
		begin := at
		at += len(z.Raw())
		t := z.Token()
		switch {
		case t.DataAtom != tag:
		case t.Type == html.StartTagToken && open < 0:
			open = begin
		case t.Type == html.EndTagToken && open >= 0:
			return [2]int{open, at}, oneLine(tagless(body[open:at]))
		}
	}
	return span, ""
}
