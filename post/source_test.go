package post

import (
	"slices"
	"testing"
)

func TestFolders(t *testing.T) {
	for source, want := range map[string][]string{
		"posts/2026-11-25-walk.md":     {"slug", "2026-11-25-walk", "walk"},
		"posts/Grüße aus Köln.md":      {"slug", "Grüße aus Köln", "grusse-aus-koln"},
		"posts/bundle/index.md":        {"slug", "bundle", "index"},
		"":                             {"slug"},
		"posts/slug.md":                {"slug"},
		"/elsewhere/2026-11-25.md":     {"slug", "2026-11-25"},
		"posts/2026-11-25-../../up.md": {"slug", "up"},
	} {
		got := slices.DeleteFunc(Folders(source, "slug"), func(s string) bool { return s == "" || s == "." })
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", source, got, want)
		}
	}
}
