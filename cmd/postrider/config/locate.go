package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"postrider"
)

// locator knows the line of every key of a file, so that an error can name it.
type locator struct {
	file  string
	lines map[string]int    // by path: mail.smtp.port, digests[0].day
	env   map[string]string // the variable that gave a key its value, by path
}

// locate parses a file, refuses keys that config.yaml of the repository does not
// have and values that are of another kind, and returns what is left.
func locate(file string, data []byte) (map[string]any, *locator, error) {
	l := &locator{file: file, lines: make(map[string]int), env: make(map[string]string)}
	known, err := knownSettings()
	if err != nil {
		return nil, nil, err
	}
	var user, more yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&user); errors.Is(err, io.EOF) {
		return nil, l, nil
	} else if err != nil {
		return nil, nil, syntax(file, data, err)
	}
	switch err := dec.Decode(&more); {
	case err == nil:
		return nil, nil, l.fault("", more.Line, errors.New("a second document begins here; keep one"))
	case !errors.Is(err, io.EOF):
		return nil, nil, syntax(file, data, err)
	}
	if err := l.walk("", user.Content[0], known); err != nil {
		return nil, nil, err
	}
	var values map[string]any
	if err := user.Decode(&values); err != nil {
		return nil, nil, syntax(file, data, err)
	}
	return values, l, nil
}

// knownSettings is the tree of all settings, with values that show their kinds.
func knownSettings() (*yaml.Node, error) {
	var known yaml.Node
	if err := yaml.Unmarshal([]byte(postrider.Config()), &known); err != nil {
		return nil, fmt.Errorf("read the default settings: %w", err)
	}
	return known.Content[0], nil
}

// walk compares a node with the one that shows what may stand there.
func (l *locator) walk(path string, node, known *yaml.Node) error {
	line := cmp.Or(l.lines[path], node.Line)
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null" {
		delete(l.lines, path) // as if it were left out
		return nil
	}
	if node.Kind != known.Kind {
		return l.fault(path, line, fmt.Errorf("is %s; it has to be %s", kind(node), kind(known)))
	}
	switch node.Kind {
	case yaml.MappingNode:
		return l.walkMapping(path, node, known)
	case yaml.SequenceNode:
		return l.walkList(path, node, known)
	}
	if err := checkScalar(node.Value, known); err != nil {
		return l.fault(path, line, err)
	}
	if known.ShortTag() == "!!str" {
		node.SetString(node.Value) // text is taken as it stands, also 5, true and 2026-01-01
	}
	return nil
}

func (l *locator) walkMapping(path string, node, known *yaml.Node) error {
	seen := make(map[string]int)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		at := strings.TrimPrefix(path+"."+strings.ToLower(key.Value), ".")
		shown := child(known, strings.ToLower(key.Value))
		if shown == nil {
			return l.fault(at, key.Line, fmt.Errorf("there is no such setting%s", suggest(key.Value, keys(known))))
		}
		if before, twice := seen[at]; twice {
			return l.fault(at, key.Line, fmt.Errorf("stands in line %d before; keep one of them", before))
		}
		seen[at], l.lines[at] = key.Line, key.Line
		if err := l.walk(at, node.Content[i+1], shown); err != nil {
			return err
		}
	}
	return nil
}

// walkList compares items with the first one that is shown; where none is, they
// are texts.
func (l *locator) walkList(path string, node, known *yaml.Node) error {
	shown := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str"}
	if len(known.Content) > 0 {
		shown = known.Content[0]
	}
	for i, item := range node.Content {
		at := path + "[" + strconv.Itoa(i) + "]"
		l.lines[at] = item.Line
		if item.ShortTag() == "!!null" {
			return l.fault(at, item.Line, errors.New("is empty; fill it in or take it away"))
		}
		if err := l.walk(at, item, shown); err != nil {
			return err
		}
	}
	return nil
}

// checkScalar refuses a value that is not of the kind that is shown: nothing is
// rounded, and nothing is taken for a number that only begins like one.
func checkScalar(value string, known *yaml.Node) error {
	switch known.ShortTag() {
	case "!!int":
		if n, err := strconv.Atoi(value); err != nil || strconv.Itoa(n) != value {
			return fmt.Errorf("%q is no whole number", value)
		}
	case "!!bool":
		if value != "true" && value != "false" {
			return fmt.Errorf("%q is neither true nor false", value)
		}
	}
	return nil
}

func (l *locator) fault(key string, line int, err error) error {
	return &Error{File: l.file, Line: line, Key: key, Err: err}
}

// at makes an error of a setting that was read but makes no sense. A key without
// a line does not stand in the file.
func (l *locator) at(key string, format string, args ...any) error {
	return l.wrong(key, fmt.Errorf(format, args...))
}

// wrong blames what gave the key its value: a variable, or else the file.
func (l *locator) wrong(key string, err error) error {
	if name, ok := l.env[key]; ok {
		return &Error{File: "$" + name, Key: key, Err: err}
	}
	return l.fault(key, l.lines[key], err)
}

// place is where a key stands: file and line, the file alone where it is left out.
func (l *locator) place(key string) string {
	if line := l.lines[key]; line > 0 {
		return fmt.Sprintf("%s:%d", l.file, line)
	}
	return l.file
}

// decoding turns what mapstructure says into the place and the cause.
func (l *locator) decoding(err error) error {
	m := regexp.MustCompile(`'([\w.\[\]]+)' (.+)`).FindStringSubmatch(err.Error())
	if m == nil {
		return &Error{File: l.file, Err: err}
	}
	key := strings.ToLower(m[1])
	cause := strings.TrimPrefix(m[2], "error decoding: ")
	return l.wrong(key, errors.New(cause))
}
