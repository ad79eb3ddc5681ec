package post

import (
	"path"
	"slices"
	"strings"
)

// IsSource tells by a file's name whether a folder of posts means it as one:
// Markdown or HTML. [Parse] itself reads whatever it is given.
func IsSource(name string) bool {
	known := []string{".md", ".markdown", ".mdown", ".html", ".htm"}
	return slices.Contains(known, strings.ToLower(path.Ext(name)))
}
