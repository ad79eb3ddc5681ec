package newsletter

import (
	"slices"
	"strings"
	"unicode"
)

// Farewells are the reasons for leaving that readers can choose from, by the names
// under which they are kept.
func Farewells() []string {
	return []string{"too_much", "not_expected", "not_interesting", "never_asked", "other"}
}

// maxFarewell is how many characters of a reader's own words are kept.
const maxFarewell = 1000

// Farewell is what is kept of why a reader left: one of [Farewells], their own
// words, or both with a colon between. Unknown reasons are dropped, long words cut,
// and what is no text becomes a space. It is "" if nothing was said.
func Farewell(reason, words string) string {
	words = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(words, " "))), " ")
	if cut := []rune(words); len(cut) > maxFarewell {
		words = string(cut[:maxFarewell])
	}
	if !slices.Contains(Farewells(), reason) {
		return words
	}
	if words == "" {
		return reason
	}
	return reason + ": " + words
}
