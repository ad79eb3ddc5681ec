// Package tomlkeys tells where the keys of a TOML text stand, which its decoder does
// not. It is for messages about files that people write.
package tomlkeys

import "github.com/pelletier/go-toml/v2/unstable"

// Lines finds the line, counted from 1, on which each top-level key or table first
// stands. Of a text that is no TOML it finds those before the mistake.
func Lines(text string) map[string]int {
	lines := map[string]int{}
	table := false // below a table's header keys are not of the top level
	var p unstable.Parser
	p.Reset([]byte(text))
	for p.NextExpression() {
		e := p.Expression()
		header := e.Kind == unstable.Table || e.Kind == unstable.ArrayTable
		table = table || header
		if key := e.Key(); (header || !table) && key.Next() {
			if name := string(key.Node().Data); lines[name] == 0 {
				lines[name] = p.Shape(key.Node().Raw).Start.Line
			}
		}
	}
	return lines
}
