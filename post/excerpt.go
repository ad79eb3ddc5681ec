package post

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// ExcerptColumns is how wide an excerpt is at most, in columns of a screen: a
// Latin letter takes one, a Chinese character two.
const ExcerptColumns = 280

// enoughProse is how many octets of prose hold an excerpt in every script.
const enoughProse = 16 * ExcerptColumns

// cutMarks are what an excerpt does not end in before its ellipsis.
const cutMarks = " \u00a0,;:.-–—([{«“„‘、，。；：（「『《،؛।"

// Shorten returns s as one line of at most so many columns of a screen. What is
// too long ends at a word (Unicode Standard Annex #29) and in "…". Between the
// words of Thai, Lao, Khmer and Burmese stands no space; there it ends at a
// phrase where one is near, else between characters as readers see them, which
// never come apart in any script.
func Shorten(s string, columns int) string {
	s = oneLine(s)
	if uniseg.StringWidth(s) <= columns {
		return s
	}
	if columns < 1 {
		return ""
	}
	return strings.TrimRight(s[:cut(s, columns-1)], cutMarks) + "…"
}

// cut is the offset of the last good place to end s within so many columns.
func cut(s string, columns int) int {
	end, word, space := 0, 0, 0 // ends of: the last character, word and phrase that fit
	width, state := 0, -1
	for rest := s; rest != ""; {
		var cluster string
		var bounds int
		cluster, rest, bounds, state = uniseg.StepString(rest, state)
		if width += bounds >> uniseg.ShiftWidth; width > columns {
			break
		}
		if cluster == " " {
			space = end
		}
		end += len(cluster)
		if bounds&uniseg.MaskWord != 0 {
			word = end
		}
	}
	if word == 0 {
		return end
	}
	before, _ := utf8.DecodeLastRuneInString(s[:word])
	after, _ := utf8.DecodeRuneInString(s[word:])
	if spaceless(before) && spaceless(after) && space > word/2 {
		return space
	}
	return word
}

// spaceless tells whether r is of a script whose words only a dictionary divides.
func spaceless(r rune) bool {
	return unicode.In(r, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// prose is the running text at the beginning of a tree: no headings, code,
// tables, pictures or footnotes.
func prose(tree *html.Node) string {
	var b strings.Builder
	gatherProse(&b, tree)
	return b.String()
}

func gatherProse(b *strings.Builder, n *html.Node) {
	for c := range n.ChildNodes() {
		switch {
		case b.Len() > enoughProse:
			return
		case c.Type == html.TextNode:
			b.WriteString(c.Data)
		case c.DataAtom == atom.Br:
			b.WriteByte(' ')
		case isProse(c):
			gatherProse(b, c)
		}
		if isBlock(c.DataAtom) {
			b.WriteByte(' ')
		}
	}
}

func isProse(n *html.Node) bool {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Pre, atom.Table, atom.Figcaption, atom.Rp, atom.Rt, atom.Rtc:
		return false
	}
	return !strings.HasPrefix(attr(n, "class"), "footnote")
}
