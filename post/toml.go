package post

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"postrider/internal/tomlkeys"
)

// tomlValue reads front matter in TOML.
func tomlValue(text string) (value, error) {
	var doc map[string]any
	if err := toml.Unmarshal([]byte(text), &doc); err != nil {
		line := 1
		var at *toml.DecodeError
		if errors.As(err, &at) {
			line, _ = at.Position()
		}
		words := strings.TrimPrefix(err.Error(), "toml: ")
		return value{}, &ParseError{Line: line + firstMatterLine - 1, Err: errors.New("front matter is no TOML: " + words)}
	}
	top, err := tomlTree(doc, 0)
	if err != nil {
		return value{}, err
	}
	for key, line := range tomlLines(text) {
		if v, ok := top.table[key]; ok {
			top.table[key] = v.inLine(line)
		}
	}
	return top, nil
}

// tomlLines finds the line in the file on which each top-level key first
// stands, by the key in lower case.
func tomlLines(text string) map[string]int {
	lines := map[string]int{}
	for name, line := range tomlkeys.Lines(text) {
		key := strings.ToLower(name)
		line += firstMatterLine - 1
		if first, known := lines[key]; !known || line < first {
			lines[key] = line
		}
	}
	return lines
}

// inLine sets the line of v and of all in it.
func (v value) inLine(line int) value {
	v.line = line
	for i := range v.list {
		v.list[i] = v.list[i].inLine(line)
	}
	for k, item := range v.table {
		v.table[k] = item.inLine(line)
	}
	return v
}

// tomlTree turns what the decoder gives into values, in the line given.
func tomlTree(x any, line int) (value, error) {
	v := value{line: line, kind: scalar}
	switch x := x.(type) {
	case map[string]any:
		v.kind, v.table = mapping, map[string]value{}
		for _, key := range slices.Sorted(maps.Keys(x)) {
			item, err := tomlTree(x[key], line)
			if err != nil {
				return value{}, err
			}
			item.key = key
			if err := item.add(v.table); err != nil {
				return value{}, err
			}
		}
	case []any:
		v.kind = sequence
		for _, e := range x {
			item, err := tomlTree(e, line)
			if err != nil {
				return value{}, err
			}
			v.list = append(v.list, item)
		}
	case time.Time:
		v.text = x.Format(time.RFC3339Nano)
	default:
		v.text = fmt.Sprint(x)
	}
	return v, nil
}
