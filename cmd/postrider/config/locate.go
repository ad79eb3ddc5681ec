package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
	"go.yaml.in/yaml/v3"

	"postrider"
)

// locator knows the line of every key of a file, so that an error can name it.
type locator struct {
	file  string
	lines map[string]int // by path: mail.smtp.port, digests[0].day
}

// locate parses the file a second time, for its lines, and refuses keys that
// config.yaml of the repository does not have.
func locate(file string, data []byte) (*locator, error) {
	var user, known yaml.Node
	if err := yaml.Unmarshal(data, &user); err != nil {
		return nil, syntax(file, err)
	}
	if err := yaml.Unmarshal([]byte(postrider.Config()), &known); err != nil {
		return nil, fmt.Errorf("read the default settings: %w", err)
	}
	l := &locator{file: file, lines: make(map[string]int)}
	if len(user.Content) == 0 {
		return l, nil
	}
	return l, l.walk("", user.Content[0], known.Content[0])
}

// walk compares a node with the one that shows what may stand there.
func (l *locator) walk(path string, node, known *yaml.Node) error {
	if node.Kind != known.Kind {
		if node.Tag == "!!null" {
			return nil
		}
		return l.fault(path, node.Line, fmt.Errorf("is %s; it has to be %s", kind(node), kind(known)))
	}
	switch node.Kind {
	case yaml.MappingNode:
		return l.walkMapping(path, node, known)
	case yaml.SequenceNode:
		if len(known.Content) == 0 {
			return nil
		}
		for i, item := range node.Content {
			at := path + "[" + strconv.Itoa(i) + "]"
			l.lines[at] = item.Line
			if err := l.walk(at, item, known.Content[0]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *locator) walkMapping(path string, node, known *yaml.Node) error {
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		at := strings.TrimPrefix(path+"."+strings.ToLower(key.Value), ".")
		l.lines[at] = key.Line
		shown := child(known, strings.ToLower(key.Value))
		if shown == nil {
			return l.fault(at, key.Line, fmt.Errorf("there is no such setting%s", suggest(key.Value, keys(known))))
		}
		if err := l.walk(at, node.Content[i+1], shown); err != nil {
			return err
		}
	}
	return nil
}

func (l *locator) fault(key string, line int, err error) error {
	return &Error{File: l.file, Line: line, Key: key, Err: err}
}

// at makes an error of a setting that was read but makes no sense. A key that
// does not stand in the file came from the environment or the defaults.
func (l *locator) at(key string, format string, args ...any) error {
	return l.fault(key, l.lines[key], fmt.Errorf(format, args...))
}

// decoding turns what mapstructure says into the place and the cause.
func (l *locator) decoding(err error) error {
	m := regexp.MustCompile(`'([\w.\[\]]+)' (.+)`).FindStringSubmatch(err.Error())
	if m == nil {
		return &Error{File: l.file, Err: err}
	}
	key := strings.ToLower(m[1])
	cause := strings.TrimPrefix(m[2], "error decoding: ")
	return l.fault(key, l.lines[key], errors.New(cause))
}

func syntax(file string, err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := regexp.MustCompile(`^line (\d+): (.*)`).FindStringSubmatch(text); m != nil {
		line, _ := strconv.Atoi(m[1])
		return &Error{File: file, Line: line, Err: fmt.Errorf("is not YAML: %s", m[2])}
	}
	return &Error{File: file, Err: fmt.Errorf("is not YAML: %s", text)}
}

func child(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

func keys(mapping *yaml.Node) []string {
	var all []string
	for i := 0; i < len(mapping.Content); i += 2 {
		all = append(all, mapping.Content[i].Value)
	}
	return all
}

func kind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a group of settings"
	case yaml.SequenceNode:
		return "a list"
	default:
		return "a single value"
	}
}

// suggest names the known key that was probably meant, or all of them.
func suggest(got string, known []string) string {
	best := slices.MinFunc(known, func(a, b string) int {
		return levenshtein.Distance(got, a, nil) - levenshtein.Distance(got, b, nil)
	})
	if levenshtein.Distance(got, best, nil) <= 2 {
		return fmt.Sprintf("; did you mean %s?", best)
	}
	return "; known here: " + strings.Join(known, ", ")
}
