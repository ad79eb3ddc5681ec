package templates

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pelletier/go-toml/v2"

	"postrider/internal/tomlkeys"
)

// fallback is the language whose words are complete.
const fallback = "en"

// slot stands in a word for what a template puts there.
const slot = "{}"

// vocabulary is the words of one language.
type vocabulary struct {
	tag    string
	words  map[string]string
	lines  map[string]int // of the file, by word; without those from below
	months []string       // twelve, or none
}

// loadWords reads words/*.toml. A file of the overlay may hold a few words only:
// those missing come from the default of the language, then from English.
func (s *Set) loadWords() error {
	s.words = map[string]func() (vocabulary, error){}
	complete, err := embeddedWords(fallback)
	if err != nil {
		return err
	}
	base := complete
	if english := "words/" + fallback + ".toml"; s.Own(english) != "" {
		if base, err = parseWords(s.files[english]); err != nil {
			return err
		}
		base = base.over(complete)
	}
	var bad []error
	for name, src := range s.files {
		tag, ok := strings.CutPrefix(name, "words/")
		if !ok {
			continue
		}
		tag = strings.TrimSuffix(tag, ".toml")
		if s.Own(name) == "" { // read when a site speaks that language
			s.words[strings.ToLower(tag)] = sync.OnceValues(func() (vocabulary, error) {
				v, err := parseWords(src)
				v = v.over(base)
				v.tag = tag
				return v, err
			})
			continue
		}
		v, err := parseWords(src)
		if err != nil {
			bad = append(bad, err)
			continue
		}
		bad = append(bad, checkWords(src.where, v, complete))
		if own, err := embeddedWords(tag); err == nil {
			v = v.over(own)
		}
		v = v.over(base)
		v.tag = tag
		s.words[strings.ToLower(tag)] = func() (vocabulary, error) { return v, nil }
	}
	return errors.Join(bad...)
}

func embeddedWords(tag string) (vocabulary, error) {
	name := "words/" + tag + ".toml"
	text, err := defaults.ReadFile(name)
	if err != nil {
		return vocabulary{}, err
	}
	return parseWords(source{name, string(text)})
}

func parseWords(src source) (vocabulary, error) {
	v := vocabulary{words: map[string]string{}}
	var raw map[string]any
	if err := toml.NewDecoder(bytes.NewReader([]byte(src.text))).Decode(&raw); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			line, _ := at.Position()
			return v, &Error{src.where, line, strings.TrimPrefix(at.Error(), "toml: ")}
		}
		return v, fmt.Errorf("%s: %w", src.where, err)
	}
	v.lines = tomlkeys.Lines(src.text)
	for key, value := range raw {
		wrong := func(want string) error { return &Error{src.where, v.lines[key], key + ": " + want} }
		switch value := value.(type) {
		case string:
			v.words[key] = value
		case []any:
			for _, m := range value {
				v.months = append(v.months, fmt.Sprint(m))
			}
			if key != "months" || len(v.months) != 12 {
				return v, wrong("want a text, or for months twelve of them")
			}
		default:
			return v, wrong("want a text")
		}
	}
	return v, nil
}

// listOfWords says where all words stand: too many for a message.
const listOfWords = "all are in words/en.toml, which `postrider template export` writes"

// checkWords finds keys that no template asks for, and words with more places
// than the English one, which would stay empty.
func checkWords(where string, v, complete vocabulary) error {
	var bad []error
	for _, key := range slices.Sorted(maps.Keys(v.words)) {
		english, known := complete.words[key]
		switch {
		case !known:
			bad = append(bad, &Error{where, v.lines[key], fmt.Sprintf("no word is called %q%s", key,
				didYouMean(key, slices.Collect(maps.Keys(complete.words)), listOfWords))})
		case strings.Count(v.words[key], slot) > strings.Count(english, slot):
			bad = append(bad, &Error{where, v.lines[key], key + ": more {} than in the English words"})
		}
	}
	return errors.Join(bad...)
}

// over gives v with what it lacks taken from below.
func (v vocabulary) over(below vocabulary) vocabulary {
	words := maps.Clone(below.words)
	maps.Copy(words, v.words)
	v.words = words
	if v.months == nil {
		v.months = below.months
	}
	return v
}

// vocabulary finds the words for a BCP 47 tag: of zh-Hant-TW those of
// zh-hant-tw, zh-hant, zh, and at last English.
func (s *Set) vocabulary(tag string) (vocabulary, error) {
	known, _ := s.spoken(tag)
	return s.words[known]()
}

// Speaks tells whether there are words for a BCP 47 tag. Otherwise pages and mails
// have English ones.
func (s *Set) Speaks(tag string) bool {
	_, own := s.spoken(tag)
	return own
}

func (s *Set) spoken(tag string) (known string, own bool) {
	tag = strings.ToLower(strings.ReplaceAll(tag, "_", "-"))
	for tag != "" {
		if _, ok := s.words[tag]; ok {
			return tag, true
		}
		tag = tag[:max(0, strings.LastIndexByte(tag, '-'))]
	}
	return fallback, false
}

// word is the template function of that name.
func (v vocabulary) word(key string, args ...any) (string, error) {
	text, ok := v.words[key]
	if !ok {
		return "", fmt.Errorf("no word is called %q%s", key, didYouMean(key, slices.Collect(maps.Keys(v.words)), listOfWords))
	}
	var b strings.Builder
	for _, arg := range args {
		before, after, found := strings.Cut(text, slot)
		if !found {
			return "", fmt.Errorf("word %q has fewer {} than it was given texts", key)
		}
		b.WriteString(before)
		fmt.Fprint(&b, arg)
		text = after
	}
	b.WriteString(strings.ReplaceAll(text, slot, ""))
	return b.String(), nil
}

// monthMark stands for the month while a time is formatted, since a month's
// name may itself look like a part of a layout.
const monthMark = "\x01"

// date is the template function of that name.
func (v vocabulary) date(t time.Time, layout ...string) (string, error) {
	form := v.words["date"]
	switch {
	case len(layout) > 1:
		return "", errors.New("date takes a time and at most one layout")
	case t.IsZero():
		return "", nil
	case len(layout) == 1:
		form = layout[0]
	}
	text := t.Format(strings.ReplaceAll(form, "January", monthMark))
	return strings.ReplaceAll(text, monthMark, v.months[t.Month()-1]), nil
}
