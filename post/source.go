package post

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// IsSource tells by a file's name whether a folder of posts means it as one:
// Markdown or HTML. [Parse] itself reads whatever it is given.
func IsSource(name string) bool {
	known := []string{".md", ".markdown", ".mdown", ".html", ".htm"}
	return slices.Contains(known, strings.ToLower(path.Ext(name)))
}

// Folders lists the names of folders beside a post's file that may hold what it shows:
// its slug, and what its file is called, with its date and without. A post whose slug
// changes keeps its pictures where they lie.
func Folders(source, slug string) []string {
	base := path.Base(filepath.ToSlash(source))
	names := []string{slug, strings.TrimSuffix(base, path.Ext(base))}
	if words := readFileName(source, time.UTC).words; words != "" {
		names = append(names, words, MakeSlug(words))
	}
	slices.Sort(names[1:])
	return slices.Compact(names)
}
