package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// onejson FILE says that a file, or stdout, is exactly one JSON document as
// --json promises it: names in snake_case, and null only for what there may be
// none of, never for a list.
func cmdOneJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: onejson FILE")
	}
	if err := promised(ts.ReadFile(args[0])); err != nil {
		ts.Fatalf("%s: %v", args[0], err)
	}
}

func promised(text string) error {
	dec := json.NewDecoder(strings.NewReader(text))
	var doc, more any
	if err := dec.Decode(&doc); err != nil {
		return fmt.Errorf("is no JSON: %w", err)
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return fmt.Errorf("has more than one document: %v, %w", more, err)
	}
	if doc == nil {
		return errors.New("is null")
	}
	return wellNamed("", doc)
}

var snakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// mayBeNull are the names of single values that there may be none of.
var mayBeNull = []string{"number", "last", "next", "next_due", "due", "at", "first_seen",
	"created", "changed", "made", "before", "published", "updated", "scheduled", "expires", "finished"}

func wellNamed(path string, v any) error {
	switch v := v.(type) {
	case map[string]any:
		for name, below := range v {
			at := path + "." + name
			if !snakeCase.MatchString(name) {
				return fmt.Errorf("%s is not in snake_case", at)
			}
			if below == nil && !slices.Contains(mayBeNull, name) {
				return fmt.Errorf("%s is null", at)
			}
			if err := wellNamed(at, below); err != nil {
				return err
			}
		}
	case []any:
		for i, below := range v {
			if below == nil {
				return fmt.Errorf("%s.%d is null", path, i)
			}
			if err := wellNamed(fmt.Sprintf("%s.%d", path, i), below); err != nil {
				return err
			}
		}
	}
	return nil
}
