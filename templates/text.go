package templates

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// Width is how many columns a line of plain text may have.
const Width = 74

// Tidy drops space at the ends of lines, blank lines at the ends of the text
// and all but one of blank lines in a row, save before indented code. The
// result ends with one line break.
func Tidy(s string) string {
	lines := strings.Split(s, "\n")
	var kept []string
	for i, line := range lines {
		line = strings.TrimRightFunc(line, unicode.IsSpace)
		if line == "" && (len(kept) == 0 || kept[len(kept)-1] == "" && !indented(following(lines[i:]))) {
			continue
		}
		kept = append(kept, line)
	}
	return strings.TrimRight(strings.Join(kept, "\n"), "\n") + "\n"
}

// following gives the first line that is not blank.
func following(lines []string) string {
	for _, line := range lines {
		if strings.TrimSpace(line) != "" {
			return line
		}
	}
	return ""
}

func indented(line string) bool {
	return strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "\t")
}

// Wrap breaks lines longer than width columns as people measure them: an East
// Asian character takes two. It breaks at spaces and where the script permits
// it (UAX #14), never inside a link. Lines that begin with four spaces or a tab
// are code and stay; the lines of a quote keep their mark, those of a list item
// are indented under its text.
func Wrap(s string, width int) string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		if indented(line) || uniseg.StringWidth(line) <= width {
			lines = append(lines, line)
			continue
		}
		first, rest := prefixes(line)
		lines = append(lines, fill(line[len(first):], first, rest, width)...)
	}
	return strings.Join(lines, "\n")
}

// leader is what may begin a line: indent, quote marks, one list mark.
var leader = regexp.MustCompile(`^ {0,3}(?:> ?)*(?:(?:[-*+•]|\d{1,3}[.)]|\[\d{1,3}\]:?) +)?`)

// prefixes gives what begins a line, and what begins the lines it is broken into.
func prefixes(line string) (first, rest string) {
	first = leader.FindString(line)
	rest = strings.Map(func(r rune) rune {
		if r == '>' {
			return r
		}
		return ' '
	}, first)
	return first, rest
}

// fill breaks text into lines of at most width columns, where a word permits.
func fill(text, first, rest string, width int) []string {
	var lines []string
	line, column := first, uniseg.StringWidth(first)
	begun := false // whether the line has anything beside its prefix
	for _, piece := range pieces(text) {
		word := uniseg.StringWidth(strings.TrimRight(piece, " "))
		if begun && column+word > width {
			lines = append(lines, strings.TrimRight(line, " "))
			line, column, begun = rest, uniseg.StringWidth(rest), false
		}
		line += piece
		column += uniseg.StringWidth(piece)
		begun = begun || word > 0
	}
	return append(lines, strings.TrimRight(line, " "))
}

// link is a web or mail address with all that belongs to it.
var link = regexp.MustCompile(`(?:https?://|mailto:)[\x21-\x7e]+ *`)

// pieces cuts text where a line may end; every piece keeps its trailing space.
func pieces(text string) []string {
	var list []string
	for text != "" {
		at := link.FindStringIndex(text)
		if at == nil {
			at = []int{len(text), len(text)}
		}
		list = segments(list, text[:at[0]])
		if at[1] > at[0] {
			list = append(list, text[at[0]:at[1]])
		}
		text = text[at[1]:]
	}
	return list
}

func segments(list []string, text string) []string {
	state := -1
	for text != "" {
		var piece string
		piece, text, _, state = uniseg.FirstLineSegmentInString(text, state)
		list = append(list, piece)
	}
	return list
}
