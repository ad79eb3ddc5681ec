package config

import (
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
	"go.yaml.in/yaml/v3"
)

// syntax tells where a file is no YAML. A tab is the usual reason, and what the
// parser says of it is for those who know its grammar.
func syntax(file string, data []byte, err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	m := regexp.MustCompile(`^(?:unmarshal errors:\s*)?line (\d+): (.*)`).FindStringSubmatch(text)
	if m == nil {
		return &Error{File: file, Err: fmt.Errorf("is not YAML: %s", text)}
	}
	n, _ := strconv.Atoi(m[1])
	lines := strings.Split(string(data), "\n")
	for at := n; at <= min(n+1, len(lines)); at++ { // the parser may name the line before
		if at > 0 && indentedByTab(lines[at-1]) {
			return &Error{File: file, Line: at, Err: errors.New("is indented with a tab; YAML takes spaces only")}
		}
	}
	return &Error{File: file, Line: n, Err: fmt.Errorf("is not YAML: %s", m[2])}
}

func indentedByTab(line string) bool {
	return strings.HasPrefix(strings.TrimLeft(line, " "), "\t")
}

func child(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// scalars gives the single values of a tree by their paths, in its order. What
// lists hold is left out.
func scalars(path string, node *yaml.Node) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		if node.Kind == yaml.ScalarNode {
			yield(path, node)
			return
		}
		if node.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			below := strings.TrimPrefix(path+"."+node.Content[i].Value, ".")
			for p, n := range scalars(below, node.Content[i+1]) {
				if !yield(p, n) {
					return
				}
			}
		}
	}
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
