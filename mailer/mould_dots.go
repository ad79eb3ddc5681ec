package mailer

import "bytes"

// lineWidth is how long a line of quoted-printable text may be (RFC 2045, section 6.7).
const lineWidth = 76

// appendHidingDots appends whole lines of quoted-printable text, with the dots that
// begin a line encoded. To those SMTP adds another (RFC 5321, section 4.5.2), for
// which it would have to look at every line of every message, and some servers forget
// to take it away again.
func appendHidingDots(dst, qp []byte) []byte {
	for line := range bytes.Lines(qp) {
		for line[0] == '.' {
			dst = append(dst, "=2E"...)
			line = line[1:]
			if len(bytes.TrimRight(line, "\r\n"))+len("=2E") <= lineWidth {
				break
			}
			dst = append(dst, "=\r\n"...) // the rest has a line of its own
		}
		dst = append(dst, line...)
	}
	return dst
}

// dotless tells whether no line of a filled mould begins with a dot, whatever the
// values, and the last line is whole. Encoded values and base64 never bring one.
func dotless(segments []segment) bool {
	begun := true // at the beginning of a line, or perhaps there
	for _, s := range segments {
		if n := len(s.fixed); n > 0 {
			if begun && s.fixed[0] == '.' || bytes.Contains(s.fixed, []byte("\n.")) {
				return false
			}
			begun = s.fixed[n-1] == '\n'
		}
		switch {
		case s.region != nil, s.qp:
			begun = true
		case s.slot.field != "" && begun:
			return false // a value of the header stands behind its name
		}
	}
	return begun
}
