package templates

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
)

// Error is a mistake in a template and where it stands.
type Error struct {
	File    string // the path of the user's file, or the name of the default
	Line    int    // counts from 1; 0 if it is not known
	Message string // what is wrong, and what to write instead
}

// Error gives FILE:LINE: MESSAGE, as editors expect it.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
}

// The shapes of errors of text/template and html/template:
// "template: NAME:LINE:COLUMN: MESSAGE" with parts missing.
var (
	located   = regexp.MustCompile(`(?s)^(?:html/)?template: ?(.+?):(\d+)(?::\d+)?: (.*)$`)
	executing = regexp.MustCompile(`(?s)^executing ".*?" at (<.*?>): (.*)$`)
	noField   = regexp.MustCompile(`can't evaluate field (\w+) in type (\S+)`)
)

// place turns an error of the template packages into an [Error]. The fields
// that the data has, by type, make the hint of an unknown field.
func place(where string, err error, fields map[string][]string) error {
	var own *Error
	if err == nil || errors.As(err, &own) {
		return err
	}
	e := &Error{File: where, Message: strings.TrimPrefix(err.Error(), "template: ")}
	if m := located.FindStringSubmatch(err.Error()); m != nil {
		line, convErr := strconv.Atoi(m[2])
		if convErr == nil {
			e.File, e.Line, e.Message = m[1], line, m[3]
		}
	}
	if m := executing.FindStringSubmatch(e.Message); m != nil {
		e.Message = "at " + m[1] + ": " + m[2]
		if f := noField.FindStringSubmatch(m[2]); f != nil {
			known := fields[strings.TrimPrefix(f[2], "*")]
			e.Message = fmt.Sprintf("no field is called .%s here%s", f[1], didYouMean(f[1], known, ""))
		}
	}
	return e
}

// didYouMean is the second half of a message about an unknown name: the known one
// that was likely meant, and all of them. Where they are too many for a line,
// elsewhere says who lists them; "" if nobody does.
func didYouMean(name string, known []string, elsewhere string) string {
	if len(known) == 0 {
		return ""
	}
	near, all := nearest(name, known), elsewhere
	if all == "" {
		all = "known are " + strings.Join(slices.Sorted(slices.Values(known)), ", ")
	}
	switch {
	case near == "":
		return "; " + all
	case elsewhere == "" && len(all) > width:
		return ": did you mean " + near + "?"
	}
	return ": did you mean " + near + "? " + strings.ToUpper(all[:1]) + all[1:]
}

// width is how many octets of a list still help who made a typo.
const width = 110

// nearest finds the name that a typo was likely meant for, or "".
func nearest(name string, known []string) string {
	best, least := "", 2+len(name)/3
	for _, k := range slices.Sorted(slices.Values(known)) {
		if d := levenshtein.Distance(strings.ToLower(name), strings.ToLower(k), nil); d < least {
			best, least = k, d
		}
	}
	return best
}

// fieldsOf lists what templates may use of data, by the type's name: exported
// fields, also those of embedded structs, and methods.
func fieldsOf(data any) map[string][]string {
	found := map[string]map[string]bool{}
	if data != nil {
		collect(reflect.TypeOf(data), found)
	}
	fields := map[string][]string{}
	for name, set := range found {
		fields[name] = slices.Sorted(maps.Keys(set))
	}
	return fields
}

func collect(t reflect.Type, found map[string]map[string]bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || found[t.String()] != nil {
		return
	}
	names := map[string]bool{}
	found[t.String()] = names
	for _, f := range reflect.VisibleFields(t) {
		if f.IsExported() && !f.Anonymous {
			names[f.Name] = true
			collect(f.Type, found)
		}
	}
	for i := range t.NumMethod() {
		names[t.Method(i).Name] = true
	}
}
