package templates

import (
	"maps"
	"slices"
)

// Files lists every file of the set by name, sorted: the defaults, and what the
// user's folder adds to them.
func (s *Set) Files() []string { return slices.Sorted(maps.Keys(s.files)) }

// Bundled tells that nothing in the set is the user's, so that its templates are
// those that tests have tried.
func (s *Set) Bundled() bool {
	for name := range s.files {
		if s.Own(name) != "" {
			return false
		}
	}
	return true
}

// Own is the path of the user's file that stands for this name; "" if it is a
// default.
func (s *Set) Own(name string) string {
	if where := s.files[name].where; where != name {
		return where
	}
	return ""
}
