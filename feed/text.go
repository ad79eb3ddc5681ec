package feed

import (
	"html"
	"strings"
	"unicode/utf8"
)

// legal returns s without the characters that feeds must not hold: what XML 1.0
// (section 2.2) forbids, the C1 controls that it discourages and that are always
// an accident, and octets that are not UTF-8. Line ends become LF, as XML
// parsers would make them (section 2.11), so that all formats say the same.
func legal(s string) string {
	if isLegal(s) {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r < ' ' && r != '\n' && r != '\t', 0x7f <= r && r <= 0x9f,
			r == utf8.RuneError, r == 0xfffe, r == 0xffff:
			return -1
		}
		return r
	}, s)
}

// isLegal tells, octet by octet because nearly all text is, whether legal has
// nothing to do.
func isLegal(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= ' ' && c < 0x7f, c == '\n', c == '\t':
		case c < ' ', c == 0x7f:
			return false
		case c == 0xc2 && s[i+1] < 0xa0: // U+0080 to U+009F
			return false
		case c == 0xef && s[i+1] == 0xbf && s[i+2] >= 0xbd: // U+FFFD to U+FFFF
			return false
		}
	}
	return true
}

// line returns s as one line, for titles and names.
func line(s string) string {
	return strings.TrimSpace(oneLine.Replace(legal(s)))
}

// plainRSS escapes text for the elements of RSS that hold plain text. The
// hexadecimal references are what the widest range of readers shows rightly (RSS
// Best Practices Profile, "Character Data").
func plainRSS(s string) string { return escapePlain.Replace(s) }

// escape writes text as the content of an XML element. The same is HTML that
// shows the text, so HTML in XML is text escaped twice.
func escape(s string) string { return escapeText.Replace(s) }

// asHTML writes plain text for an element that readers take for HTML. Text that HTML
// reads as itself, which most is, is escaped for XML alone: a browser that shows the
// feed by its style sheet would show the "&amp;" of a second time.
func asHTML(s string) string {
	if strings.Contains(s, "<") || html.UnescapeString(s) != s {
		return escape(escape(s))
	}
	return escape(s)
}

var (
	escapePlain = strings.NewReplacer("&", "&#x26;", "<", "&#x3C;", ">", "&#x3E;")
	escapeText  = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	oneLine     = strings.NewReplacer("\n", " ", "\t", " ")
)
