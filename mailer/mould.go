package mailer

import (
	"errors"
	"strings"
)

// Mould is the frozen message of one variant: every octet of it (RFC 5322 and
// MIME, lines ended by CRLF) but for the slots of personal values. Filling it
// for the same person always gives the same message. A Mould does not change
// and may be used by many goroutines.
//
// Its stored form, [Mould.Bytes], marks what is not yet message by control
// characters that no message may hold:
//
//	\x01 FIELD ; CONTEXT ; FALLBACK \x02   a slot, and how its value is escaped
//	\x03 … \x04                            text that is filled first, then base64-encoded
//
// In a header a slot's value stands as it is. In a quoted-printable part it
// stands on a line of its own between soft line breaks (RFC 2045, section 6.7),
// so that the rest of the part was encoded once and for all.
type Mould struct {
	raw      []byte
	segments []segment
	domain   string // of the Message-ID
	dotless  bool   // see [Envelope]
}

// The marks of the stored form.
const (
	slotOpen, slotClose     = '\x01', '\x02'
	base64Open, base64Close = '\x03', '\x04'
)

// field names a personal value.
type field string

const (
	fieldTo          field = "to"          // the To header: name and address
	fieldMessage     field = "message"     // the left part of the Message-ID
	fieldName        field = "name"        // the reader's name
	fieldEmail       field = "email"       // the reader's address
	fieldUnsubscribe field = "unsubscribe" // a token
	fieldPreferences field = "preferences" // a token
)

// escaping says how a value is escaped.
type escaping string

const (
	asHeader escaping = "header"
	asText   escaping = "text"
	asHTML   escaping = "html" // in the text of an element or in a quoted attribute
	asURL    escaping = "url"  // in an attribute that holds an address
)

// slot is the place of one personal value.
type slot struct {
	field    field
	context  escaping
	fallback string // printed where the value is empty
}

// segment is a run of fixed octets, then perhaps a slot or a base64 region.
type segment struct {
	fixed  []byte
	slot   slot      // none if its field is ""
	qp     bool      // whether the slot stands in a quoted-printable part
	region []segment // text to be filled, then encoded in base64
	lines  []byte    // what precedes region's first slot, encoded: it is the same for all
}

// Bytes gives the stored form, for [ParseMould]. The caller must not change it.
func (m *Mould) Bytes() []byte { return m.raw }

// MessageID gives the Message-ID of a filled mould, without angle brackets.
func (m *Mould) MessageID(p Personal) string {
	var space [128]byte
	return string(append(append(appendToken(space[:0], p.MessageToken), '@'), m.domain...))
}

var (
	errMould      = errors.New("not a frozen message")
	errBrokenMark = errors.New("a template cut or changed a personal value: print it as it is")
)

// append writes the stored form of a slot.
func (s slot) append(dst []byte) []byte {
	dst = append(dst, slotOpen)
	dst = append(dst, s.field...)
	dst = append(dst, ';')
	dst = append(dst, s.context...)
	dst = append(dst, ';')
	dst = append(dst, s.fallback...)
	return append(dst, slotClose)
}

// parseSlot reads what stands between the marks of a slot.
func parseSlot(text string, header bool) (slot, bool) {
	name, rest, _ := strings.Cut(text, ";")
	context, fallback, found := strings.Cut(rest, ";")
	s := slot{field(name), escaping(context), fallback}
	if !found || header != (s.context == asHeader) {
		return s, false
	}
	switch s.field {
	case fieldTo, fieldMessage:
		return s, header && fallback == ""
	case fieldUnsubscribe:
		return s, known(s.context)
	case fieldName, fieldEmail, fieldPreferences:
		return s, !header && known(s.context)
	}
	return s, false
}

func known(e escaping) bool {
	return e == asHeader || e == asText || e == asHTML || e == asURL
}
