package post

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/gosimple/slug"
	"golang.org/x/text/unicode/norm"
)

// MaxSlug is the most characters a slug has.
const MaxSlug = 80

// maxSlugTries bounds [UniqueSlug], so that a broken lookup cannot hold it for ever.
const maxSlugTries = 100_000

// MakeSlug makes a slug of any words: transliterated to a-z, 0-9 and single
// hyphens between, cut at a word to [MaxSlug] characters. Words of which nothing
// is left, such as emoji, give "post-" and a hash of them. The same words always
// give the same slug, however their characters are composed.
func MakeSlug(words string) string {
	words = norm.NFC.String(oneLine(scrub(words)))
	s := strings.ReplaceAll(slug.Make(words), "_", "-")
	s = cutSlug(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '-' }), "-"), MaxSlug)
	if s == "" {
		sum := sha256.Sum256([]byte(words))
		return "post-" + hex.EncodeToString(sum[:5])
	}
	return s
}

// cutSlug shortens s to at most limit characters, at a hyphen where there is one.
func cutSlug(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	if i := strings.LastIndexByte(s[:limit+1], '-'); i > 0 {
		return s[:i]
	}
	return s[:limit]
}

// ValidSlug tells whether s has the form that [MakeSlug] gives.
func ValidSlug(s string) bool {
	if s == "" || len(s) > MaxSlug {
		return false
	}
	hyphen := true // none at the start, and no two together
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			hyphen = false
		case c == '-' && !hyphen:
			hyphen = true
		default:
			return false
		}
	}
	return !hyphen
}

// UniqueSlug returns base, or else the first of base-2, base-3, … that taken
// does not know. An error of taken is returned as it is.
func UniqueSlug(base string, taken func(slug string) (bool, error)) (string, error) {
	for n := 1; n <= maxSlugTries; n++ {
		candidate := base
		if n > 1 {
			suffix := "-" + strconv.Itoa(n)
			candidate = cutSlug(base, MaxSlug-len(suffix)) + suffix
		}
		switch used, err := taken(candidate); {
		case err != nil:
			return "", err
		case !used:
			return candidate, nil
		}
	}
	return "", fmt.Errorf("slug %q and %d numbered ones are taken; give the post a slug of its own", base, maxSlugTries-1)
}
