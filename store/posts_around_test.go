package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"postrider/post"
)

func TestAround(t *testing.T) {
	ctx := context.Background()
	s := newSite(t)
	// b and c share their moment, d is a draft, f comes later: neither is between.
	for name, head := range map[string]string{
		"a": "date: 2026-11-20", "b": "date: 2026-11-21", "c": "date: 2026-11-21",
		"d": "draft: true", "e": "date: 2026-11-22", "f": "date: 2026-12-24",
	} {
		s.files[name+".md"] = fmt.Sprintf("---\n%s\n---\n# %s", head, name)
	}
	s.sync()
	list, err := s.Posts(ctx, PostQuery{States: []post.State{post.Published}})
	if err != nil || len(list) != 4 {
		t.Fatalf("%d posts, %v", len(list), err)
	}
	var before, last post.Post
	for i, p := range list {
		newer, older, err := s.Around(ctx, p.ID)
		want := last
		if i+1 < len(list) {
			want = list[i+1]
		}
		if err != nil || newer.ID != before.ID || older.ID != want.ID || older.Title != want.Title {
			t.Errorf("around %s are %q and %q, want %q and %q; %v", p.Slug, newer.Slug, older.Slug, before.Slug, want.Slug, err)
		}
		before = p
	}
	if _, _, err := s.Around(ctx, "nobody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("around a post that is not: %v", err)
	}
	for _, query := range []string{nextNewer, nextOlder} {
		if steps := plan(t, s.Store, query, 0, 0); !strings.Contains(steps, "SEARCH post USING INDEX post_order") || strings.Contains(steps, "TEMP B-TREE") {
			t.Errorf("the next post is found by\n%s", steps)
		}
	}
}

func TestPlacesOfPosts(t *testing.T) {
	ctx := context.Background()
	s := newSite(t)
	s.put("old.md", "---\ndate: 2026-01-01\ntags: [Go]\n---\n# Old")
	s.put("new.md", "---\ntags: [go]\n---\n# New")
	s.put("draft.md", "---\ndraft: true\n---\n# Draft")
	s.now = monday.Add(time.Hour)
	s.put("new.md", "---\ntags: [go]\n---\n# New, mended")
	places, err := s.Places(ctx)
	if err != nil || len(places) != 2 || places[0].Slug != "new" || places[1].Slug != "old" {
		t.Fatalf("%v, %v", places, err)
	}
	if !places[0].Changed.Equal(s.now) || places[1].Changed.Before(day(2026, time.January, 1)) {
		t.Errorf("changed %v and %v", places[0].Changed, places[1].Changed)
	}
	tags, err := s.Tags(ctx)
	if err != nil || len(tags) != 1 || !tags[0].Changed.Equal(s.now) {
		t.Errorf("%v, %v", tags, err)
	}
}
