package newsletter

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"postrider/post"
)

// ParseCadence reads the name of a cadence in any case. Its error lists the choices.
func ParseCadence(s string) (Cadence, error) { return choose("a cadence", s, Cadences()) }

// ParseState reads the name of a state in any case. Its error lists the choices.
func ParseState(s string) (State, error) { return choose("a state", s, States()) }

// Preferred says what was chosen anew of a subscriber, in words for the record such as
// "cadence daily; topics art, go"; "" if nothing was. A name is not repeated there.
func Preferred(before, after Subscriber) string {
	var anew []string
	if after.Cadence != before.Cadence {
		anew = append(anew, "cadence "+string(after.Cadence))
	}
	switch {
	case slices.Equal(after.Topics, before.Topics):
	case len(after.Topics) == 0:
		anew = append(anew, "all topics")
	default:
		anew = append(anew, "topics "+strings.Join(after.Topics, ", "))
	}
	if after.Name != before.Name {
		anew = append(anew, "name")
	}
	switch {
	case after.PausedUntil.Equal(before.PausedUntil):
	case after.PausedUntil.IsZero():
		anew = append(anew, "no pause")
	default:
		anew = append(anew, "paused until "+after.PausedUntil.UTC().Format(time.DateOnly))
	}
	return strings.Join(anew, "; ")
}

func choose[T ~string](what, s string, choices []T) (T, error) {
	t := T(strings.ToLower(strings.TrimSpace(s)))
	if slices.Contains(choices, t) {
		return t, nil
	}
	names := make([]string, len(choices))
	for i, c := range choices {
		names[i] = string(c)
	}
	last := len(names) - 1
	return "", fmt.Errorf("%.40q is not %s: want %s or %s", s, what, strings.Join(names[:last], ", "), names[last])
}

// The limits of what one reader may choose; they keep a form from filling the database.
const (
	maxTopics      = 100
	maxTopicLength = 100 // characters
)

// ParseTopics folds topics as tags are folded ([post.FoldTag]), sorts them and
// drops empty and double ones. No topics at all give nil, which means everything.
func ParseTopics(topics []string) ([]string, error) {
	var folded []string
	for _, t := range topics {
		if !utf8.ValidString(t) {
			return nil, fmt.Errorf("topic %.40q is not valid UTF-8", t)
		}
		f := post.FoldTag(t)
		if n := utf8.RuneCountInString(f); n > maxTopicLength {
			return nil, fmt.Errorf("topic %.40q… has %d characters, more than %d", t, n, maxTopicLength)
		}
		if f != "" {
			folded = append(folded, f)
		}
	}
	slices.Sort(folded)
	folded = slices.Compact(folded)
	if len(folded) > maxTopics {
		return nil, fmt.Errorf("%d topics are more than %d; choose none to get everything", len(folded), maxTopics)
	}
	return folded, nil
}

// maxName is the most characters a reader's name may have.
const maxName = 200

// ParseName reads a reader's name as it will stand in mail: on one line, with
// single spaces. Line breaks and other control characters, which could forge a
// header, become spaces; characters that turn the direction of text about are
// dropped.
func ParseName(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", errors.New("the name is not valid UTF-8")
	}
	if !plainName(s) {
		s = strings.Join(strings.Fields(strings.Map(nameRune, s)), " ")
	}
	if len(s) > maxName && utf8.RuneCountInString(s) > maxName {
		return "", fmt.Errorf("the name has more than %d characters", maxName)
	}
	return s, nil
}

// plainName tells whether nothing in s needs mending, for the names of most lists.
func plainName(s string) bool {
	space := true
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c >= 0x7f || c == ' ' && space {
			return false
		}
		space = c == ' '
	}
	return s == "" || !space
}

func nameRune(r rune) rune {
	switch {
	case unicode.IsControl(r), unicode.IsSpace(r):
		return ' '
	case unicode.Is(unicode.Bidi_Control, r), r == '\ufeff':
		return -1
	}
	return r
}
