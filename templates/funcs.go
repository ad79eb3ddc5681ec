package templates

import (
	"errors"
	htmltemplate "html/template"
	"reflect"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// functions is the allow-list of the package comment, for text templates.
func functions(v vocabulary) map[string]any {
	return map[string]any{
		"word":      v.word,
		"date":      v.date,
		"upper":     strings.ToUpper,
		"lower":     strings.ToLower,
		"truncate":  Truncate,
		"join":      func(sep string, list []string) string { return strings.Join(list, sep) },
		"people":    v.people,
		"default":   defaultTo,
		"underline": underline,
	}
}

// htmlFunctions adds what only HTML templates may call.
func htmlFunctions(v vocabulary, css string) map[string]any {
	f := functions(v)
	f["stylesheet"] = func() htmltemplate.CSS { return htmltemplate.CSS(css) }
	f["outlook"] = func(s string) (htmltemplate.HTML, error) {
		if strings.Contains(s, "--") {
			return "", errors.New("outlook: the text may not hold --, which ends a comment")
		}
		return htmltemplate.HTML("<!--[if mso]>" + s + "<![endif]-->"), nil
	}
	return f
}

// Truncate cuts s to n user-perceived characters, at the end of a word where
// the script has spaces, and marks the cut by an ellipsis.
func Truncate(n int, s string) string {
	g := uniseg.NewGraphemes(s)
	end, space := 0, 0
	for i := 0; i < n; i++ {
		if !g.Next() {
			return s
		}
		start, stop := g.Positions()
		if unicode.IsSpace(g.Runes()[0]) {
			space = start
		}
		end = stop
	}
	if end == len(s) {
		return s
	}
	// A last word longer than a third of the text is no word of a script with spaces.
	if next := s[end:]; space > end*2/3 && !strings.HasPrefix(next, " ") {
		end = space
	}
	return strings.TrimRightFunc(s[:end], func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(",;:-–—，、；：", r)
	}) + "…"
}

// people lists names as a sentence does.
func (v vocabulary) people(names []string) (string, error) {
	if len(names) < 2 {
		return strings.Join(names, ""), nil
	}
	and, err := v.word("and")
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " " + and + " " + names[last], err
}

func defaultTo(instead, value any) any {
	if v := reflect.ValueOf(value); !v.IsValid() || v.IsZero() {
		return instead
	}
	return value
}

func underline(mark, s string) (string, error) {
	if uniseg.StringWidth(mark) != 1 {
		return "", errors.New("underline: the mark must be one character")
	}
	return s + "\n" + strings.Repeat(mark, min(uniseg.StringWidth(s), Width)), nil
}
