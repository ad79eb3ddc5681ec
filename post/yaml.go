package post

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxValues bounds what the aliases of a YAML document can unfold to.
const maxValues = 10_000

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// yamlValue reads front matter in YAML. Scalars keep the text they are written
// in, so that a title of digits or a date means what its key says.
func yamlValue(text string) (value, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		return value{}, yamlError(text, err)
	}
	if doc.Kind == 0 || len(doc.Content) == 0 {
		return value{}, nil
	}
	w := yamlWalk{left: maxValues}
	return w.value(doc.Content[0])
}

// yamlError puts the line of a syntax error where the file has it, and adds
// what to do where the library's words leave people alone.
func yamlError(text string, err error) error {
	words, line := err.Error(), 0
	if m := yamlLine.FindStringSubmatch(words); m != nil {
		words = words[len(m[0]):]
		line, _ = strconv.Atoi(m[1])
	}
	switch {
	case strings.Contains(words, "mapping values are not allowed"):
		words += `; put a value that holds ": " in quotes`
	case strings.Contains(words, "unexpected end of stream"):
		words += "; a quote or bracket before is never closed"
	case strings.Contains(words, "cannot start any token"):
		words += "; indent with spaces, and put a value that begins with @, ` or % in quotes"
		for n, at := range strings.Split(text, "\n") { // the library does not say where
			if line == 0 && strings.HasPrefix(at, "\t") {
				line = n + 1
			}
		}
	}
	return &ParseError{Line: line + firstMatterLine - 1, Err: errors.New("front matter is no YAML: " + words)}
}

// yamlWalk turns nodes into values and counts how many more it may make.
type yamlWalk struct{ left int }

func (w *yamlWalk) value(n *yaml.Node) (value, error) {
	if w.left--; w.left < 0 {
		return value{}, &ParseError{Line: n.Line + firstMatterLine - 1, Err: errors.New("front matter unfolds to too many values")}
	}
	v := value{line: n.Line + firstMatterLine - 1}
	switch n.Kind {
	case yaml.AliasNode:
		return w.value(n.Alias)
	case yaml.ScalarNode:
		if n.ShortTag() != "!!null" {
			v.kind, v.text = scalar, n.Value
		}
	case yaml.SequenceNode:
		v.kind = sequence
		for _, c := range n.Content {
			item, err := w.value(c)
			if err != nil {
				return value{}, err
			}
			v.list = append(v.list, item)
		}
	case yaml.MappingNode:
		v.kind, v.table = mapping, map[string]value{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			item, err := w.value(n.Content[i+1])
			if err != nil {
				return value{}, err
			}
			item.key, item.line = n.Content[i].Value, n.Content[i].Line+firstMatterLine-1
			if err := item.add(v.table); err != nil {
				return value{}, err
			}
		}
	}
	return v, nil
}
