package post

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// maxTagSlug is the most octets a [TagSlug] has: file systems end at 255 a name.
const maxTagSlug = 200

// FoldTag returns the form of a tag that is compared: two tags that fold to the
// same string are one tag, whatever their case, spacing or Unicode composition
// (canonical caseless matching, The Unicode Standard, section 3.13). Invisible characters
// that carry no meaning are dropped, and so is what is not UTF-8. A tag of
// nothing else folds to "", which is no tag.
func FoldTag(tag string) string {
	if !plainASCII(tag) {
		tag = norm.NFD.String(strings.ToValidUTF8(tag, ""))
		// Lower case first: cases.Fold alone swaps the two cases of Cherokee.
		tag = cases.Fold().String(strings.ToLower(strings.Map(visible, tag)))
		tag = norm.NFC.String(tag)
	} else {
		tag = strings.ToLower(tag)
	}
	return strings.Join(strings.Fields(tag), " ")
}

// plainASCII tells whether s has ASCII and no control characters but white space.
func plainASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x7f || c < ' ' && !unicode.IsSpace(rune(c)) {
			return false
		}
	}
	return true
}

// visible drops control and format characters. The joiners stay, which spell
// words in Persian and Indic scripts and build emoji, and so do the tag
// characters that build flags.
func visible(r rune) rune {
	switch {
	case r == '\u200c' || r == '\u200d' || 0xe0020 <= r && r <= 0xe007f:
		return r
	case unicode.IsSpace(r):
		return r
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) || r == utf8.RuneError || r&0xfffe == 0xfffe:
		return -1
	}
	return r
}

// TagSlug returns the form of a tag that stands in addresses and file names: the
// folded tag with '-' for each space. Letters and signs of every script stay;
// of ASCII only letters, digits and "-_.+" do, and anything else becomes '~' and
// its two hexadecimal digits, so that "C#" and "C" keep apart ("c~23", "c") and
// no slug is a path of its own. A slug has at most 200 octets; a longer one ends
// in a hash of the whole.
//
// Only a space and a hyphen fall together: "open source" and "open-source"
// share an address, so whoever looks a tag up by its address takes all tags
// with that slug. The slug of no tag is "".
func TagSlug(tag string) string {
	folded := FoldTag(tag)
	var b strings.Builder
	for i, r := range folded {
		switch {
		case r == ' ':
			b.WriteByte('-')
		case r >= utf8.RuneSelf, 'a' <= r && r <= 'z', '0' <= r && r <= '9',
			strings.ContainsRune("-_+", r), r == '.' && i > 0:
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "~%02x", r)
		}
	}
	return shortenSlug(b.String())
}

// shortenSlug keeps a slug a valid file name, and two long ones apart.
func shortenSlug(slug string) string {
	if len(slug) <= maxTagSlug {
		return slug
	}
	sum := sha256.Sum256([]byte(slug))
	tail := "~~" + hex.EncodeToString(sum[:8])
	return strings.ToValidUTF8(slug[:maxTagSlug-len(tail)], "") + tail
}
