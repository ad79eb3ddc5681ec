package mailer

import (
	"bytes"
	"fmt"
)

// ParseMould reads the stored form of a mould. The mould keeps b, which must
// not be changed afterwards. The error tells the octet at which b stops being
// the form that [Mould.Bytes] writes.
func ParseMould(b []byte) (*Mould, error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return nil, fmt.Errorf("%w: it has no end of the header", errMould)
	}
	p := parser{src: b, head: end}
	segments, err := p.segments(0)
	if err != nil {
		return nil, err
	}
	m := &Mould{raw: b, segments: segments, domain: p.domain(), dotless: dotless(segments)}
	if p.to != 1 || p.message != 1 || m.domain == "" {
		return nil, fmt.Errorf("%w: it must have one To and one Message-ID", errMould)
	}
	return m, nil
}

// parser walks the stored form.
type parser struct {
	src         []byte
	at          int
	head        int // where the header ends
	to, message int // how many slots of these fields there are
	messageEnd  int // the octet after the Message-ID's slot
}

// segments reads up to the end, or to the mark that ends a base64 region.
func (p *parser) segments(until byte) ([]segment, error) {
	var list []segment
	for {
		start := p.at
		mark := bytes.IndexFunc(p.src[p.at:], func(r rune) bool { return r < ' ' && r != '\t' && r != '\r' && r != '\n' })
		if mark < 0 {
			p.at = len(p.src)
		} else {
			p.at += mark
		}
		s := segment{fixed: p.src[start:p.at]}
		if until == 0 && !wholeLines(p.src, start, p.at) {
			return nil, fmt.Errorf("%w: a line before octet %d does not end with CRLF", errMould, p.at)
		}
		if p.at == len(p.src) {
			if until != 0 {
				return nil, fmt.Errorf("%w: it ends inside a base64 region", errMould)
			}
			return append(list, s), nil
		}
		c := p.src[p.at]
		p.at++
		switch {
		case c == until && until != 0:
			return append(list, s), nil
		case c == slotOpen:
			if err := p.slot(&s, until == 0); err != nil {
				return nil, err
			}
		case c == base64Open && until == 0 && p.at > p.head:
			region, err := p.segments(base64Close)
			if err != nil {
				return nil, err
			}
			whole := len(region[0].fixed) / base64Line * base64Line
			s.lines = appendBase64(nil, region[0].fixed[:whole])
			region[0].fixed = region[0].fixed[whole:]
			s.region = region
		default:
			return nil, fmt.Errorf("%w: unexpected %q at octet %d", errMould, c, p.at-1)
		}
		list = append(list, s)
	}
}

// slot reads a slot whose opening mark was read.
func (p *parser) slot(s *segment, qp bool) error {
	start := p.at
	end := bytes.IndexByte(p.src[start:], slotClose)
	if end < 0 {
		return fmt.Errorf("%w: the slot at octet %d does not end", errMould, start)
	}
	p.at = start + end + 1
	text := p.src[start : start+end]
	header := start < p.head
	v, ok := parseSlot(string(text), header)
	if !ok || bytes.ContainsFunc(text, func(r rune) bool { return r < ' ' }) || header && p.at > p.head {
		return fmt.Errorf("%w: %q is not a slot", errMould, text)
	}
	switch v.field {
	case fieldTo:
		p.to++
	case fieldMessage:
		p.message++
		p.messageEnd = p.at
	}
	s.slot, s.qp = v, qp && !header
	return nil
}

// domain gives the right part of the Message-ID.
func (p *parser) domain() string {
	rest := p.src[p.messageEnd:]
	end := bytes.IndexByte(rest, '>')
	if end < 2 || rest[0] != '@' || bytes.ContainsAny(rest[:end], "\r\n\x01 ") {
		return ""
	}
	return string(rest[1:end])
}

// wholeLines tells whether no CR and no LF stands alone in src[start:end].
func wholeLines(src []byte, start, end int) bool {
	part := src[start:end]
	n := bytes.Count(part, []byte("\r\n"))
	return n == bytes.Count(part, []byte("\n")) && n == bytes.Count(part, []byte("\r"))
}
