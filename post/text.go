package post

import (
	"strconv"
	"strings"

	"github.com/rivo/uniseg"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// widestRule is the most columns the line below a heading has.
const widestRule = 60

// plain writes a fitted tree as plain text: what Markdown looks like when nobody
// has to parse it. Paragraphs are single lines, for the reader's program or the
// mail to wrap. Links stand behind their label as "label <address>", in the order
// of the HTML; only those of footnotes, which lead within the post, are numbers.
type plain struct {
	within string // how links within the post begin
}

func (t plain) text(tree *html.Node) string {
	text := strings.Join(join(t.blocks(tree), false), "\n")
	if text == "" {
		return ""
	}
	return text + "\n"
}

// A block is what stands apart from its neighbours, as lines without line feeds.
type block []string

// blocks renders what is in n. Inline content between blocks is a block too.
func (t plain) blocks(n *html.Node) []block {
	var out []block
	var run inline
	flush := func() {
		if lines := run.lines(); len(lines) > 0 {
			out = append(out, lines)
		}
		run = inline{}
	}
	for c := range n.ChildNodes() {
		if holdsBlock(c) {
			flush()
			out = append(out, t.block(c)...)
		} else {
			t.inline(&run, c)
		}
	}
	flush()
	return out
}

// block renders one element that is a block or has some in it.
func (t plain) block(n *html.Node) []block {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return t.heading(n)
	case atom.Ul, atom.Ol:
		return t.list(n)
	case atom.Blockquote:
		return []block{hang(join(t.blocks(n), false), "> ", "> ")}
	case atom.Pre:
		return t.preformatted(n)
	case atom.Table:
		return t.table(n)
	case atom.Hr:
		return []block{{"* * *"}}
	case atom.Dd:
		return []block{hang(join(t.blocks(n), false), "  ", "  ")}
	case atom.Dl:
		return []block{join(t.blocks(n), true)}
	case atom.A:
		return t.linkedBlocks(n)
	}
	if attr(n, "class") == "footnotes" {
		return t.footnotes(n)
	}
	return t.blocks(n)
}

// heading underlines the first two levels and marks the others.
func (t plain) heading(n *html.Node) []block {
	title := strings.Join(join(t.blocks(n), true), " ")
	if title == "" {
		return nil
	}
	level := int(n.Data[1] - '0')
	if level > 2 {
		return []block{{strings.Repeat("#", level) + " " + title}}
	}
	rule := []string{"=", "-"}[level-1]
	return []block{{title, strings.Repeat(rule, min(uniseg.StringWidth(title), widestRule))}}
}

// preformatted indents what keeps its white space.
func (t plain) preformatted(n *html.Node) []block {
	for c := range n.ChildNodes() {
		if holdsBlock(c) {
			return t.blocks(n)
		}
	}
	run := inline{pre: true}
	t.children(&run, n)
	lines := run.lines()
	if len(lines) == 0 {
		return nil
	}
	return []block{hang(lines, "    ", "    ")}
}

// list renders a list, tight unless its items have paragraphs.
func (t plain) list(n *html.Node) []block {
	number := 1
	if start, err := strconv.Atoi(attr(n, "start")); err == nil {
		number = start
	}
	var items []block
	tight := true
	for c := range n.ChildNodes() {
		if c.DataAtom != atom.Li {
			items = append(items, t.blocks(wrap(c))...)
			continue
		}
		marker := "- "
		if n.DataAtom == atom.Ol {
			marker = strconv.Itoa(number) + ". "
			number++
		}
		loose := has(c, atom.P)
		tight = tight && !loose
		items = append(items, hang(join(t.blocks(c), !loose), marker, strings.Repeat(" ", len(marker))))
	}
	return []block{join(items, tight)}
}

// footnotes renders the notes at the end, numbered as the text refers to them.
func (t plain) footnotes(n *html.Node) []block {
	var out []block
	for c := range n.ChildNodes() {
		if c.DataAtom != atom.Ol {
			if c.DataAtom != atom.Hr {
				out = append(out, t.blocks(wrap(c))...)
			}
			continue
		}
		number := 0
		for li := range c.ChildNodes() {
			if li.DataAtom != atom.Li {
				out = append(out, t.blocks(wrap(li))...)
				continue
			}
			number++
			marker := "[" + strconv.Itoa(number) + "] "
			out = append(out, hang(join(t.blocks(li), false), marker, strings.Repeat(" ", len(marker))))
		}
	}
	return out
}

// linkedBlocks renders a link around blocks, with its address behind the last.
func (t plain) linkedBlocks(n *html.Node) []block {
	out := t.blocks(n)
	if href := attr(n, "href"); href != "" {
		out = append(out, block{"<" + href + ">"})
	}
	return out
}

// join puts blocks below each other, with an empty line between unless tight.
func join(blocks []block, tight bool) block {
	var out block
	for _, b := range blocks {
		if len(out) > 0 && len(b) > 0 && !tight {
			out = append(out, "")
		}
		out = append(out, b...)
	}
	return out
}

// hang puts first before the first line and rest before the others; no line
// ends in a space.
func hang(lines block, first, rest string) block {
	if len(lines) == 0 {
		lines = block{""}
	}
	out := make(block, len(lines))
	for i, l := range lines {
		if i == 0 {
			l = first + l
		} else {
			l = rest + l
		}
		out[i] = strings.TrimRight(l, " ")
	}
	return out
}

// wrap is a parent for one node that leaves the node where it is.
func wrap(n *html.Node) *html.Node {
	return &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div, FirstChild: onlyChild(n)}
}

// onlyChild is a copy of n without siblings; what is in n is shared.
func onlyChild(n *html.Node) *html.Node {
	c := *n
	c.NextSibling, c.PrevSibling = nil, nil
	return &c
}

// has tells whether n has a child with this tag.
func has(n *html.Node, tag atom.Atom) bool {
	for c := range n.ChildNodes() {
		if c.DataAtom == tag {
			return true
		}
	}
	return false
}

// textOf is all text in n as it stands.
func textOf(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}
