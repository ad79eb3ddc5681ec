package mailer

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"postrider/templates"
)

// AppendTo appends to dst the message for one reader and returns it. Whatever
// the values hold, they are escaped for where they stand and never end a
// header or a line.
func (m *Mould) AppendTo(dst []byte, p Personal) []byte {
	p.Name = safeName(p.Name)
	for i := range m.segments {
		s := &m.segments[i]
		dst = append(dst, s.fixed...)
		switch {
		case s.region != nil:
			dst = appendRegion(append(dst, s.lines...), s.region, &p)
		case s.qp:
			dst = appendQP(dst, s.slot, &p)
		case s.slot.field != "":
			dst = appendValue(dst, s.slot, &p)
		}
	}
	return dst
}

// base64Line is how many octets make a line of 76 characters (RFC 2045, section 6.8).
const base64Line = 57

// appendRegion fills a region and encodes it.
func appendRegion(dst []byte, region []segment, p *Personal) []byte {
	var space [2048]byte // more than most regions need
	text := space[:0]
	for i := range region {
		text = append(text, region[i].fixed...)
		if region[i].slot.field != "" {
			text = appendValue(text, region[i].slot, p)
		}
	}
	return appendBase64(dst, text)
}

func appendBase64(dst, text []byte) []byte {
	for len(text) > 0 {
		n := min(len(text), base64Line)
		dst = base64.StdEncoding.AppendEncode(dst, text[:n])
		dst = append(dst, "\r\n"...)
		text = text[n:]
	}
	return dst
}

// appendQP writes a value on a line of its own that ends with a soft break; a
// long value takes several.
func appendQP(dst []byte, s slot, p *Personal) []byte {
	const hex, width = "0123456789ABCDEF", 75
	var space [512]byte
	value := appendValue(space[:0], s, p)
	column := 0
	for len(value) > 0 {
		n := 0
		for n < len(value) && column+n+3 <= width && literalInQP(value[n]) && (value[n] != '.' || column+n > 0) {
			n++
		}
		dst = append(dst, value[:n]...)
		value, column = value[n:], column+n
		switch {
		case len(value) == 0:
		case column+3 > width:
			dst = append(dst, "=\r\n"...)
			column = 0
		default:
			dst = append(dst, '=', hex[value[0]>>4], hex[value[0]&15])
			value, column = value[1:], column+3
		}
	}
	return append(dst, "=\r\n"...)
}

// literalInQP tells whether an octet may stand for itself (RFC 2045, section 6.7).
func literalInQP(c byte) bool { return c >= ' ' && c <= '~' && c != '=' }

// appendValue writes a value escaped for its context.
func appendValue(dst []byte, s slot, p *Personal) []byte {
	switch s.field {
	case fieldTo:
		return appendMailbox(dst, len("To: "), p.Name, string(p.To))
	case fieldMessage:
		return appendToken(dst, p.MessageToken)
	case fieldUnsubscribe:
		return appendToken(dst, p.UnsubscribeToken)
	case fieldPreferences:
		return appendToken(dst, p.PreferencesToken)
	case fieldEmail:
		return appendEscaped(dst, orElse(string(p.To), s.fallback), s.context)
	default:
		return appendEscaped(dst, orElse(p.Name, s.fallback), s.context)
	}
}

func orElse(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// appendToken leaves out what is not of the base64url alphabet, so that a token
// needs no escaping anywhere.
func appendToken(dst []byte, token string) []byte {
	for len(token) > 0 {
		n := 0
		for n < len(token) && base64URL(token[n]) {
			n++
		}
		dst = append(dst, token[:n]...)
		token = token[min(n+1, len(token)):]
	}
	return dst
}

// base64URL tells whether an octet is of that alphabet (RFC 4648, section 5), none of which
// needs escaping in an address.
func base64URL(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

func appendEscaped(dst []byte, value string, context escaping) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(value) {
		switch c := value[i]; {
		case c < ' ' || c == 0x7f: // never, after safeName and ParseAddress
		case context == asURL && !base64URL(c):
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		case context == asHTML && c == '&':
			dst = append(dst, "&amp;"...)
		case context == asHTML && c == '<':
			dst = append(dst, "&lt;"...)
		case context == asHTML && c == '>':
			dst = append(dst, "&gt;"...)
		case context == asHTML && c == '"':
			dst = append(dst, "&#34;"...)
		case context == asHTML && c == '\'':
			dst = append(dst, "&#39;"...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// nameSize is how many characters of a name are used.
const nameSize = 100

// safeName makes a name one line of valid UTF-8 of a sensible length.
func safeName(name string) string {
	for i := range len(name) {
		if c := name[i]; c < ' ' || c >= 0x7f || i > nameSize {
			name = templates.OneLine(strings.ToValidUTF8(name, string(utf8.RuneError)))
			if len(name) > nameSize {
				name = templates.Truncate(nameSize, name)
			}
			if len(name) > 8*nameSize { // a character may have any number of marks
				name = strings.ToValidUTF8(name[:8*nameSize], "")
			}
			return name
		}
	}
	return name
}
