package store

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestDeletedStaysDeleted(t *testing.T) {
	const text = "---\nguid: urn:x:1\n---\n# A"
	for name, c := range map[string]struct {
		after map[string]string // the files at the next sync
		left  []string          // those that stay out
	}{
		"unchanged":           {map[string]string{"a.md": text}, []string{"a.md"}},
		"edited":              {map[string]string{"a.md": text + " and more"}, []string{"a.md"}},
		"with another guid":   {map[string]string{"a.md": "# A"}, []string{"a.md"}},
		"renamed":             {map[string]string{"b.md": text}, []string{"b.md"}},
		"copied":              {map[string]string{"a.md": text, "b.md": text}, []string{"a.md", "b.md"}},
		"with others":         {map[string]string{"a.md": text, "b.md": "# Other"}, []string{"a.md"}},
		"renamed, as another": {map[string]string{"b.md": "# Other"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			p := s.put("a.md", text).Post
			if err := s.DeletePost(t.Context(), p.ID, monday); err != nil {
				t.Fatal(err)
			}
			s.files = maps.Clone(c.after)
			for range 2 {
				for path, a := range s.sync() {
					left := slices.Contains(c.left, path)
					if (a.Action == PostDeleted) != left || (a.Post.ID == "") != left {
						t.Errorf("%s: %s %q", path, a.Action, a.Post.ID)
					}
					if left && (len(a.Warnings) != 1 || !strings.Contains(a.Warnings[0], "deleted on 2026-11-23") || a.Post.Source != path) {
						t.Errorf("%s: warned %q of %q", path, a.Warnings, a.Post.Source)
					}
				}
			}
		})
	}
}

// A file is followed to its new name, and its old place is free for another.
func TestDeletedFileMoves(t *testing.T) {
	s := newSite(t)
	if err := s.DeletePost(t.Context(), s.put("a.md", "# A").Post.ID, monday); err != nil {
		t.Fatal(err)
	}
	s.files = map[string]string{"b.md": "# A"}
	s.sync()
	s.files = map[string]string{"b.md": "# A, edited", "a.md": "# Another"}
	if got := s.sync(); got["b.md"].Action != PostDeleted || got["a.md"].Action != PostCreated {
		t.Errorf("the renamed one: %s; another in its place: %s", got["b.md"].Action, got["a.md"].Action)
	}
	// What is named is wanted, and from then on a post like any other.
	s.files["b.md"] = "# A"
	if list, err := s.try("b.md"); err != nil || list[0].Action != PostCreated {
		t.Fatalf("%v, %v", list, err)
	}
	s.files["b.md"] = "# A, again"
	if got := s.sync(); got["b.md"].Action != PostRevised {
		t.Errorf("a post that was published anew: %s", got["b.md"].Action)
	}
}

// A living post with the bytes of a deleted one is that post, wherever it lies.
func TestLivingBesideDeleted(t *testing.T) {
	s := newSite(t)
	kept, lost := s.put("a.md", "# Same").Post, s.put("b.md", "# Same").Post
	if err := s.DeletePost(t.Context(), lost.ID, monday); err != nil {
		t.Fatal(err)
	}
	s.files = map[string]string{"c.md": "# Same"}
	if got := s.sync()["c.md"]; got.Post.ID != kept.ID {
		t.Errorf("%s %s", got.Action, got.Post.ID)
	}
}
