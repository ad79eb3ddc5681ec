package post

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// illegal tells whether r has no place in a post: the control characters that
// XML 1.0 (section 2.2) forbids or discourages, without tab and line feed, and
// the two noncharacters that it forbids. One of them makes a feed ill-formed.
func illegal(r rune) bool {
	switch {
	case r == '\t' || r == '\n':
		return false
	case r < ' ', 0x7f <= r && r <= 0x9f, r == 0xfffe, r == 0xffff:
		return true
	}
	return false
}

// scrub returns s without illegal characters and invalid UTF-8.
func scrub(s string) string {
	if utf8.ValidString(s) && strings.IndexFunc(s, illegal) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if illegal(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// scrubbed tells in words which illegal characters s has; "" if none.
func scrubbed(s string) string {
	n := 0
	var kinds []string
	for _, r := range s {
		if !illegal(r) {
			continue
		}
		n++
		if name := fmt.Sprintf("U+%04X", r); !slices.Contains(kinds, name) {
			kinds = append(kinds, name)
		}
	}
	switch n {
	case 0:
		return ""
	case 1:
		return "dropped an illegal control character (" + kinds[0] + ")"
	}
	return fmt.Sprintf("dropped %d illegal control characters (%s)", n, strings.Join(kinds, ", "))
}

// decode makes text with LF line ends of a file's octets. It drops a byte order
// mark and illegal characters, the latter with a warning.
func decode(name string, data []byte) (text string, warnings []string, err error) {
	if offset := invalidUTF8(data); offset >= 0 {
		return "", nil, &ParseError{File: name, Line: 1 + bytes.Count(data[:offset], []byte("\n")),
			Err: fmt.Errorf("octet 0x%02X at offset %d is not valid UTF-8; save the file as UTF-8", data[offset], offset)}
	}
	text = strings.TrimPrefix(string(data), "\ufeff")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	if what := scrubbed(text); what != "" {
		line := 1 + strings.Count(text[:strings.IndexFunc(text, illegal)], "\n")
		warnings = append(warnings, fmt.Sprintf("line %d: %s", line, what))
		text = scrub(text)
	}
	return text, warnings, nil
}

// invalidUTF8 is the offset of the first octet that is not UTF-8; -1 if all is.
func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// oneLine joins the words of s with single spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
