package post

import (
	"errors"
	"fmt"
	"strings"
)

// frontMatter is the part of a source that stands before its body.
type frontMatter struct {
	fence string // "---" is YAML, "+++" is TOML, "" none
	text  string // between the fences
}

// firstMatterLine is the line of a file on which the text of its front matter begins.
const firstMatterLine = 2

// splitFrontMatter takes a source apart. Its first line decides whether it has
// front matter; YAML also ends at "...", as in Jekyll.
func splitFrontMatter(file, text string) (m frontMatter, body string, err error) {
	first, rest, _ := strings.Cut(text, "\n")
	m.fence = strings.TrimRight(first, " \t")
	if m.fence != "---" && m.fence != "+++" {
		return frontMatter{}, text, nil
	}
	for at := 0; at <= len(rest); {
		line, _, more := strings.Cut(rest[at:], "\n")
		next := at + len(line)
		if more {
			next++
		}
		line = strings.TrimRight(line, " \t")
		if line == m.fence || m.fence == "---" && line == "..." {
			m.text = rest[:at]
			return m, rest[next:], nil
		}
		if !more {
			break
		}
		at = next
	}
	return m, "", &ParseError{File: file, Line: 1, Err: fmt.Errorf(
		"front matter that opens here with %s is never closed; end it with a line %s", m.fence, m.fence)}
}

// values reads the keys, in lower case, with their values.
func (m frontMatter) values(file string) (map[string]value, error) {
	var (
		top value
		err error
	)
	switch m.fence {
	case "---":
		top, err = yamlValue(m.text)
	case "+++":
		top, err = tomlValue(m.text)
	default:
		return nil, nil
	}
	var at *ParseError
	switch {
	case errors.As(err, &at):
		at.File = file
		return nil, at
	case err != nil:
		return nil, &ParseError{File: file, Line: firstMatterLine, Err: err}
	case top.kind == absent:
		return nil, nil
	case top.kind != mapping:
		return nil, &ParseError{File: file, Line: firstMatterLine, Err: errors.New("front matter has no keys; write lines such as title: Hello")}
	}
	return top.table, nil
}

// kind is the shape of a value.
type kind int

const (
	absent kind = iota // null or not written
	scalar
	sequence
	mapping
)

// value is one value of the front matter, whichever language it is written in.
type value struct {
	key   string // as written
	line  int    // in the file
	kind  kind
	text  string           // of a scalar, as written
	list  []value          // of a sequence
	table map[string]value // of a mapping, by keys in lower case
}

// String shows v in an error.
func (v value) String() string {
	switch v.kind {
	case sequence:
		return "a list"
	case mapping:
		return "a group of keys"
	}
	return fmt.Sprintf("%q", v.text)
}

// add puts v under its key into a mapping's table, where it must be the first.
func (v value) add(table map[string]value) error {
	lower := strings.ToLower(v.key)
	if before, twice := table[lower]; twice {
		return &ParseError{Line: v.line, Key: v.key, Err: fmt.Errorf("is written twice, before in line %d; keep one", before.line)}
	}
	table[lower] = v
	return nil
}
