package mailer

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"mime/quotedprintable"
	"strings"

	"github.com/wneessen/go-mail"
)

// newMould joins header and parts. The parts hold the marks of their slots.
func newMould(h head, text, html string, m *marks) (*Mould, error) {
	textPieces, err := m.split(text, func(_ string, s slot) slot { s.context = asText; return s })
	if err != nil {
		return nil, fmt.Errorf("text part: %w", err)
	}
	htmlPieces, err := m.split(html, htmlContext)
	if err != nil {
		return nil, fmt.Errorf("HTML part: %w", err)
	}
	plain, rich := newPart(textPieces), newPart(htmlPieces)
	h.names = newPlaceholders(h.seed, plain.body, rich.body)
	message, err := h.skeleton(plain.encoding, rich.encoding)
	if err != nil {
		return nil, err
	}
	for _, r := range []struct {
		name string
		with []byte
		n    int
	}{
		{"<" + h.names.to + "@slot.invalid>", slot{fieldTo, asHeader, ""}.append(nil), 1},
		{h.names.message, slot{fieldMessage, asHeader, ""}.append(nil), 1},
		{h.names.unsubscribe, slot{fieldUnsubscribe, asHeader, ""}.append(nil), h.unsubscribes},
		{placed(h.names.text, plain.encoding), plain.body, 1},
		{placed(h.names.html, rich.encoding), rich.body, 1},
	} {
		if n := bytes.Count(message, []byte(r.name)); n != r.n {
			return nil, fmt.Errorf("freeze message: %d places for a value instead of %d", n, r.n)
		}
		message = bytes.ReplaceAll(message, []byte(r.name), r.with)
	}
	return ParseMould(message)
}

// part is an encoded body in stored form.
type part struct {
	encoding mail.Encoding
	body     []byte
}

// newPart chooses the shorter encoding: quoted-printable for Latin scripts, in
// effect, and base64 where most characters are not ASCII.
func newPart(pieces []piece) part {
	quoted, total := 0, 0
	for _, p := range pieces {
		total += len(p.text)
		for i := range len(p.text) {
			if c := p.text[i]; c > '~' || c == '=' {
				quoted += 2
			}
		}
	}
	if quoted > total*3/8 { // base64 adds a third, and line breaks
		return part{mail.EncodingB64, base64Part(pieces)}
	}
	return part{mail.EncodingQP, qpPart(pieces)}
}

// base64Part leaves the encoding for when the slots are filled. Lines end with
// CRLF before it (RFC 2045, section 6.8).
func base64Part(pieces []piece) []byte {
	b := []byte{base64Open}
	for _, p := range pieces {
		if p.slot.field != "" {
			b = p.slot.append(b)
			continue
		}
		b = append(b, strings.ReplaceAll(p.text, "\n", "\r\n")...)
	}
	return append(b, base64Close)
}

// qpPart encodes each run of text between slots separately.
func qpPart(pieces []piece) []byte {
	var all []byte
	for i, p := range pieces {
		if p.slot.field != "" {
			all = p.slot.append(all)
			continue
		}
		// Writing to a buffer does not fail.
		var b bytes.Buffer
		w := quotedprintable.NewWriter(&b)
		_, _ = w.Write([]byte(p.text))
		_ = w.Close()
		if i < len(pieces)-1 {
			b.WriteString("=\r\n")
		}
		all = appendHidingDots(all, b.Bytes())
	}
	return all
}

// addressAttributes hold addresses, where a value must be percent-encoded.
var addressAttributes = []string{"href", "src", "background", "cite", "action"}

// htmlContext finds how a value must be escaped from what stands before it. The
// HTML was written by a serialiser, so every attribute is in double quotes.
func htmlContext(before string, s slot) slot {
	s.context = asHTML
	open := strings.LastIndexByte(before, '<')
	if open < 0 || strings.IndexByte(before[open:], '>') >= 0 {
		return s
	}
	tag := before[open:]
	quote := strings.LastIndex(tag, `="`)
	if quote < 0 || strings.Count(tag[quote+2:], `"`) > 0 {
		return s
	}
	name := tag[strings.LastIndexByte(tag[:quote], ' ')+1 : quote]
	for _, a := range addressAttributes {
		if strings.EqualFold(name, a) {
			s.context = asURL
		}
	}
	return s
}

// placeholders stand in the message that go-mail writes where the slots and
// bodies will be. They come of a hash of the bodies, so no text holds them,
// and neither does it the boundary.
type placeholders struct{ to, message, unsubscribe, text, html, boundary string }

func newPlaceholders(seed string, parts ...[]byte) placeholders {
	h := sha256.New()
	h.Write([]byte(seed))
	for _, p := range parts {
		fmt.Fprintf(h, "\x00%d\x00", len(p))
		h.Write(p)
	}
	sum := hex.EncodeToString(h.Sum(nil))[:24]
	return placeholders{"to" + sum, "id" + sum, "un" + sum, "tx" + sum, "ht" + sum, "postrider-" + sum}
}

// placed is how a placeholder body looks once go-mail has encoded it.
func placed(name string, e mail.Encoding) string {
	if e == mail.EncodingB64 {
		return base64.StdEncoding.EncodeToString([]byte(name)) + "\r\n"
	}
	return name
}
