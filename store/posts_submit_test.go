package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"postrider/post"
)

func TestSubmitNew(t *testing.T) {
	for name, c := range map[string]struct {
		text     string
		state    post.State
		number   int64
		date     time.Time // published or scheduled
		unmailed Unmailed
	}{
		"no date":          {"# Hello", post.Published, 1, monday, ""},
		"today":            {"---\ndate: 2026-11-22\n---\n# Hello", post.Published, 1, monday.Add(-33 * time.Hour), ""},
		"an old date":      {"---\ndate: 2020-01-01\n---\n# Hello", post.Published, 0, day(2020, 1, 1), UnmailedByDate},
		"old, mail: true":  {"---\ndate: 2020-01-01\nmail: true\n---\n# Hello", post.Published, 1, day(2020, 1, 1), ""},
		"mail: false":      {"---\nmail: false\n---\n# Hello", post.Published, 0, monday, UnmailedByWish},
		"ahead":            {"---\ndate: 2026-12-24\n---\n# Hello", post.Scheduled, 0, day(2026, 12, 24), ""},
		"ahead, no mail":   {"---\ndate: 2026-12-24\nmail: false\n---\n# Hello", post.Scheduled, 0, day(2026, 12, 24), UnmailedByWish},
		"a draft":          {"---\ndraft: true\n---\n# Hello", post.Draft, 0, time.Time{}, ""},
		"a draft of later": {"---\ndraft: true\ndate: 2026-12-24\n---\n# Hello", post.Draft, 0, time.Time{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			a := s.put("posts/hello.md", c.text)
			p := a.Post
			date := p.Published
			if p.State == post.Scheduled {
				date = p.Scheduled
			}
			if a.Action != PostCreated || a.Was != "" || p.State != c.state || p.Number != c.number ||
				!date.Equal(c.date) || a.Unmailed != c.unmailed || p.Revision != 1 {
				t.Errorf("got %s %s, number %d, date %s, unmailed %q, revision %d",
					a.Action, p.State, p.Number, date, a.Unmailed, p.Revision)
			}
			if err := p.Validate(); err != nil {
				t.Error(err)
			}
			stored, err := s.Post(context.Background(), "hello")
			if err != nil || !reflect.DeepEqual(stored, p) {
				t.Errorf("stored as\n%+v (%v), answered\n%+v", stored, err, p)
			}
		})
	}
}

func TestSyncTwiceWritesNothing(t *testing.T) {
	s := newSite(t)
	for i := range 50 {
		s.files[fmt.Sprintf("posts/%02d.md", i)] = fmt.Sprintf("---\ntags: [a, b]\n---\n# Post %d\nText.\n", i)
	}
	s.sync()
	before := fileBytes(t, s.Path())
	for path, a := range s.sync() {
		if a.Action != PostUnchanged || a.Post.Number == 0 {
			t.Errorf("%s: %s, number %d", path, a.Action, a.Post.Number)
		}
	}
	if !slices.Equal(fileBytes(t, s.Path()), before) {
		t.Error("the second run wrote to the database")
	}
	sources, err := s.Sources(context.Background())
	if err != nil || len(sources) != 50 {
		t.Errorf("%d sources, %v", len(sources), err)
	}
	for path, text := range s.files {
		if sources[path] != sha256.Sum256([]byte(text)) {
			t.Errorf("%s has another digest", path)
		}
	}
}

// fileBytes returns the database file and its log.
func fileBytes(t *testing.T, path string) (all []byte) {
	t.Helper()
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data...)
	}
	return all
}

func TestAllOrNothing(t *testing.T) {
	s := newSite(t)
	s.put("a.md", "---\nslug: one\n---\n# One")
	s.files["b.md"] = "# Two"
	s.files["c.md"] = "---\nslug: one\n---\n# Three"
	change := s.changes(func() {
		if list, err := s.try("b.md", "c.md"); !errors.Is(err, ErrConflict) || list != nil {
			t.Fatalf("got %v, %v", list, err)
		}
	})
	if posts, err := s.Posts(context.Background(), PostQuery{}); err != nil || len(posts) != 1 || change != 0 {
		t.Errorf("%d posts, %v, change moved by %d", len(posts), err, change)
	}
	delete(s.files, "c.md")
	if a := s.put("b.md", "# Two"); a.Post.Number != 2 {
		t.Errorf("number %d after a rolled back submission, want 2", a.Post.Number)
	}
}

func TestNumbersFollowDates(t *testing.T) {
	s := newSite(t)
	s.files["a.md"] = "---\ndate: 2026-11-22\n---\n# Second"
	s.files["b.md"] = "---\ndate: 2026-11-21\n---\n# First"
	s.files["c.md"] = "---\ndate: 2001-01-01\n---\n# Old"
	s.files["d.md"] = "# Third"
	got := s.sync()
	for path, want := range map[string]int64{"a.md": 2, "b.md": 1, "c.md": 0, "d.md": 3} {
		if got[path].Post.Number != want {
			t.Errorf("%s has number %d, want %d", path, got[path].Post.Number, want)
		}
	}
	if newest, err := s.Newest(context.Background()); err != nil || newest != 3 {
		t.Errorf("newest %d, %v", newest, err)
	}
}

func TestRevise(t *testing.T) {
	s := newSite(t)
	first := s.put("hello.md", "---\ntags: [Go, News]\n---\n# Hello\nText.").Post
	s.now = s.now.Add(time.Hour)
	var second Accepted
	if n := s.changes(func() { second = s.put("hello.md", "---\ntags: [News]\n---\n# Hello\nMore text.") }); n != 1 {
		t.Errorf("the change counter moved by %d", n)
	}
	p := second.Post
	if second.Action != PostRevised || p.Revision != 2 || p.ID != first.ID || p.GUID != first.GUID ||
		p.Number != first.Number || !p.Published.Equal(first.Published) || !p.Updated.Equal(s.now) {
		t.Errorf("%s: %+v", second.Action, p)
	}
	history, err := s.Revisions(context.Background(), p.ID)
	if err != nil || len(history) != 2 || history[0].Body != "Text." || history[1].Body != "More text." ||
		!history[1].Created.Equal(s.now) || !slices.Equal(history[0].Tags, []string{"Go", "News"}) {
		t.Errorf("history %+v, %v", history, err)
	}
	if old, err := s.PostAt(context.Background(), p.ID, 1); err != nil || old.Body != "Text." || old.Revision != 1 {
		t.Errorf("revision 1: %+v, %v", old, err)
	}
	if _, err := s.PostAt(context.Background(), p.ID, 3); !errors.Is(err, ErrNotFound) {
		t.Errorf("revision 3: %v", err)
	}
	if tags, err := s.Tags(context.Background()); err != nil || len(tags) != 1 || tags[0].Tag != "news" {
		t.Errorf("tags %v, %v", tags, err)
	}
	// Other bytes that say the same are no revision.
	if n := s.changes(func() { second = s.put("hello.md", "---\r\ntags: [News]\r\n---\r\n# Hello\r\nMore text.") }); n != 0 {
		t.Errorf("other line ends moved the change counter by %d", n)
	}
	if second.Action != PostUnchanged || second.Post.Revision != 2 {
		t.Errorf("other line ends: %s, revision %d", second.Action, second.Post.Revision)
	}
	if sources, _ := s.Sources(context.Background()); sources["hello.md"] != sha256.Sum256([]byte(s.files["hello.md"])) {
		t.Error("the digest of the new bytes was not kept")
	}
}

func TestFirstSync(t *testing.T) {
	s := newSite(t)
	for i := range manyPosts + 10 {
		s.files[fmt.Sprintf("%04d.md", i)] = fmt.Sprintf("# Post %d", i)
	}
	if n := s.changes(func() { s.sync() }); n != 1 {
		t.Errorf("the change counter moved by %d", n)
	}
	if newest, err := s.Newest(context.Background()); err != nil || newest != manyPosts+10 {
		t.Errorf("newest %d, %v", newest, err)
	}
	if size := value[int64](t, s.Store, `PRAGMA cache_size`); size != -8192 {
		t.Errorf("the large cache was kept: %d", size)
	}
}

func TestTagsJoinSpellings(t *testing.T) {
	s := newSite(t)
	for i, tags := range []string{"[Go]", "[Go, Éclair]", "[go, GO]", "[Hidden]"} {
		s.files[fmt.Sprintf("%d.md", i)] = fmt.Sprintf("---\ntags: %s\ndraft: %v\n---\n# %d", tags, i == 3, i)
	}
	s.sync()
	tags, err := s.Tags(context.Background())
	want := []TagCount{{"go", "Go", 3, s.now}, {"éclair", "Éclair", 1, s.now}}
	if err != nil || !slices.Equal(tags, want) {
		t.Errorf("got %v, %v; want %v", tags, err, want)
	}
}
