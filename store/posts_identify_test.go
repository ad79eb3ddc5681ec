package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"postrider/post"
)

func TestSlugs(t *testing.T) {
	s := newSite(t)
	s.put("hello.md", "---\ntitle: Hello\n---\n")
	if a := s.put("other/hello.md", "---\ntitle: Hello again\n---\n"); a.Post.Slug != "hello-2" ||
		!strings.Contains(strings.Join(a.Warnings, ""), `"hello-2"`) {
		t.Errorf("a second hello.md: %s, %q", a.Post.Slug, a.Warnings)
	}
	if a := s.put("other/hello.md", "---\ntitle: Hello, new\n---\n"); a.Post.Slug != "hello-2" || a.Action != PostRevised {
		t.Errorf("its revision: %s %s", a.Action, a.Post.Slug)
	}
	s.refuse("x.md", "---\nslug: hello\ntitle: X\n---\n", `slug: "hello" is taken by`, "hello.md")
	first := source(t, "", "# Same title")
	list, err := s.SubmitPosts(context.Background(), []Submission{first, first}, SubmitOptions{Now: monday, Site: example})
	if err != nil || list[0].Post.Slug != "same-title" || list[1].Post.Slug != "same-title-2" {
		t.Errorf("two posts of one title: %v, %v", list, err)
	}
}

func TestSlugChanges(t *testing.T) {
	ctx := context.Background()
	s := newSite(t)
	p := s.put("a.md", "---\nslug: one\n---\n# A").Post
	if n := s.changes(func() { s.put("a.md", "---\nslug: two\n---\n# A") }); n != 1 {
		t.Errorf("the change counter moved by %d", n)
	}
	for _, ref := range []string{"one", "two", p.ID} {
		if got, err := s.Post(ctx, ref); err != nil || got.ID != p.ID || got.Slug != "two" {
			t.Errorf("post %s: %s %s, %v", ref, got.ID, got.Slug, err)
		}
	}
	s.refuse("b.md", "---\nslug: one\n---\n# B", `slug: "one" still leads to`, "a.md")
	if got := s.put("a.md", "---\nslug: one\n---\n# A").Post; got.Slug != "one" {
		t.Errorf("back to %s", got.Slug)
	}
	s.refuse("b.md", "---\nslug: two\n---\n# B", `slug: "two" still leads to`)
	if _, err := s.Post(ctx, "three"); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), `no post "three"`) {
		t.Errorf("an unknown slug: %v", err)
	}
}

func TestTitleSlugStays(t *testing.T) {
	ctx := context.Background()
	s := newStore(t)
	o := SubmitOptions{Now: monday, Site: example}
	sub := source(t, "", "---\ntitle: First title\nguid: urn:uuid:1\n---\n")
	if _, err := s.SubmitPosts(ctx, []Submission{sub}, o); err != nil {
		t.Fatal(err)
	}
	sub.Source.Title = "Another title"
	list, err := s.SubmitPosts(ctx, []Submission{sub}, o)
	if err != nil || list[0].Post.Slug != "first-title" || list[0].Action != PostRevised {
		t.Errorf("%v, %v", list, err)
	}
}

func TestRename(t *testing.T) {
	for name, c := range map[string]struct {
		before, after string // what the file says
		path          string // its new one
		same          bool
		slug          string
	}{
		"with its slug":     {"---\nslug: a\n---\n# A", "---\nslug: a\n---\n# A, edited", "b.md", true, "a"},
		"to another folder": {"# A", "# A, edited", "sub/a.md", true, "a"},
		"with its guid":     {"---\nguid: urn:x:1\n---\n# A", "---\nguid: urn:x:1\n---\n# Other", "b.md", true, "b"},
		"with its bytes":    {"# A", "# A", "b.md", true, "b"},
		"as another post":   {"# A", "# Other", "b.md", false, "b"},
		"with another guid": {"---\nguid: urn:x:1\n---\n# A", "---\nguid: urn:x:2\n---\n# A", "sub/a.md", false, "a-2"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			old := s.put("a.md", c.before).Post
			delete(s.files, "a.md")
			p := s.put(c.path, c.after).Post
			if (p.ID == old.ID) != c.same || p.Slug != c.slug || p.Source != c.path {
				t.Errorf("same post %v, slug %s, source %s", p.ID == old.ID, p.Slug, p.Source)
			}
			if c.same && p.Number != old.Number {
				t.Errorf("its number was %d and is %d", old.Number, p.Number)
			}
		})
	}
}

func TestCopyIsNoRename(t *testing.T) {
	s := newSite(t)
	old := s.put("a.md", "# A")
	if p := s.put("sub/a.md", "# A").Post; p.ID == old.Post.ID || p.Slug != "a-2" {
		t.Errorf("a copy beside its original: %s", p.Slug)
	}
}

func TestMoveOnly(t *testing.T) {
	s := newSite(t)
	s.put("a.md", "# A")
	text := s.files["a.md"]
	delete(s.files, "a.md")
	var a Accepted
	if n := s.changes(func() { a = s.put("sub/a.md", text) }); n != 0 || a.Action != PostMoved {
		t.Errorf("%s, change counter moved by %d", a.Action, n)
	}
}

func TestGUIDs(t *testing.T) {
	ctx := context.Background()
	s := newSite(t)
	p := s.put("a.md", "---\nguid: https://old.example/?p=1\n---\n# A").Post
	if p.GUID != "https://old.example/?p=1" {
		t.Errorf("guid %s", p.GUID)
	}
	s.refuse("b.md", "---\nguid: https://old.example/?p=1\n---\n# B", "a.md", "still there")
	s.files["a.md"] = "---\nguid: urn:x:2\n---\n# A"
	if _, err := s.try("a.md"); !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), "must never change") {
		t.Errorf("another guid for a known post: %v", err)
	}
	if made := s.put("c.md", "# C").Post; made.GUID != "tag:example.org,2026-11-23:"+made.ID {
		t.Errorf("made guid %s", made.GUID)
	}
	if err := s.DeletePost(ctx, p.ID, monday); err != nil {
		t.Fatal(err)
	}
	s.refuse("d.md", "---\nguid: https://old.example/?p=1\n---\n# D", "a post deleted on 2026-11-23")
	s.refuse("e.md", "---\nslug: a\n---\n# E", "deleted post")
}

func TestTwoFilesOfOnePost(t *testing.T) {
	s := newSite(t)
	s.files["a.md"] = "---\nguid: urn:x:1\n---\n# A"
	s.files["b.md"] = "---\nguid: urn:x:1\n---\n# B"
	if _, err := s.try("a.md", "b.md"); !errors.Is(err, ErrConflict) ||
		!strings.Contains(err.Error(), "a.md") || !strings.Contains(err.Error(), "b.md") {
		t.Errorf("got %v", err)
	}
	s.files["a.md"] = "---\nslug: same\n---\n# A"
	s.files["b.md"] = "---\nslug: same\n---\n# B"
	if _, err := s.try("a.md", "b.md"); !errors.Is(err, ErrConflict) ||
		!strings.Contains(err.Error(), "a.md") || !strings.Contains(err.Error(), "b.md") {
		t.Errorf("got %v", err)
	}
	if _, err := s.try("a.md", "a.md"); !errors.Is(err, ErrConflict) {
		t.Errorf("one file twice: %v", err)
	}
}

func TestPosts(t *testing.T) {
	ctx := context.Background()
	s := newSite(t)
	s.files["a.md"] = "---\ndate: 2026-11-20\ntags: [go]\n---\n# A"
	s.files["b.md"] = "---\ndate: 2026-11-22\n---\n# B"
	s.files["c.md"] = "---\ndate: 2026-12-24\ntags: [Go]\n---\n# C"
	s.files["d.md"] = "---\ndraft: true\n---\n# D"
	s.files["e.md"] = "---\ndate: 2026-11-22\ntags: [go]\n---\n# E"
	s.sync()
	idOf := func(slug string) string {
		p, err := s.Post(ctx, slug)
		if err != nil {
			t.Fatal(err)
		}
		return p.ID
	}
	shown := []post.State{post.Published}
	for name, c := range map[string]struct {
		query PostQuery
		want  []string
	}{
		"all":         {PostQuery{}, []string{"c", "d", "e", "b", "a"}},
		"published":   {PostQuery{States: shown}, []string{"e", "b", "a"}},
		"two states":  {PostQuery{States: []post.State{post.Draft, post.Scheduled}}, []string{"c", "d"}},
		"of a tag":    {PostQuery{States: shown, Tags: []string{"go"}}, []string{"e", "a"}},
		"first page":  {PostQuery{Limit: 2}, []string{"c", "d"}},
		"of any tag":  {PostQuery{States: shown, Tags: []string{"no", "go"}}, []string{"e", "a"}},
		"second page": {PostQuery{Skip: 2, Limit: 2}, []string{"e", "b"}},
		"next page":   {PostQuery{Limit: 2, After: idOf("d")}, []string{"e", "b"}},
		"same date":   {PostQuery{States: shown, After: idOf("e")}, []string{"b", "a"}},
		"last page":   {PostQuery{Limit: 2, After: idOf("a")}, nil},
		"unknown tag": {PostQuery{Tags: []string{"no"}}, nil},
	} {
		posts, err := s.Posts(ctx, c.query)
		var got []string
		for _, p := range posts {
			got = append(got, p.Slug)
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, %v; want %v", name, got, err, c.want)
		}
	}
	if _, err := s.Posts(ctx, PostQuery{After: "nobody"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("after an unknown post: %v", err)
	}
	query, args := PostQuery{States: shown, Limit: 30}.sql()
	if steps := plan(t, s.Store, query, args...); !strings.Contains(steps, "USING INDEX post_order") &&
		!strings.Contains(steps, "USING COVERING INDEX post_order") {
		t.Errorf("the newest posts are not found by their index:\n%s", steps)
	}
}
