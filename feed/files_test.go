package feed

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postrider/post"
)

func TestPath(t *testing.T) {
	tests := []struct {
		tag  string
		f    Format
		want string
	}{
		{"", RSS, "feed.xml"},
		{"", Atom, "atom.xml"},
		{"", JSON, "feed.json"},
		{"Go", RSS, "tags/go/feed.xml"},
		{"Machine Learning", JSON, "tags/machine-learning/feed.json"},
		{"../..", Atom, "tags/~2e.~2f../atom.xml"},
	}
	for _, tt := range tests {
		if got := Path(tt.tag, tt.f); got != tt.want {
			t.Errorf("Path(%q, %s) = %q, want %q", tt.tag, tt.f, got, tt.want)
		}
	}
}

func TestAddresses(t *testing.T) {
	tests := []struct{ site, tag, home, self string }{
		{"https://example.org", "", "https://example.org/", "https://example.org/feed.xml"},
		{"https://example.org/blog", "", "https://example.org/blog", "https://example.org/blog/feed.xml"},
		{"https://example.org/blog/", "C#", "https://example.org/blog/tags/c~23", "https://example.org/blog/tags/c~23/feed.xml"},
		{"http://127.0.0.1:8080", "中文", "http://127.0.0.1:8080/tags/%E4%B8%AD%E6%96%87", "http://127.0.0.1:8080/tags/%E4%B8%AD%E6%96%87/feed.xml"},
	}
	for _, tt := range tests {
		c := Channel{Site: Site{URL: mustURL(t, tt.site)}, Tag: tt.tag}
		if c.Home() != tt.home || c.Self(RSS) != tt.self {
			t.Errorf("site %s, tag %q: home %s, self %s", tt.site, tt.tag, c.Home(), c.Self(RSS))
		}
	}
}

// each gives channels without an error.
func each(channels ...Channel) iter.Seq2[Channel, error] {
	return func(yield func(Channel, error) bool) {
		for _, c := range channels {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// write renders the sample's channels into a folder.
func write(t *testing.T, dir string, articles []post.Article) Report {
	t.Helper()
	l := newShelf(articles).library(sampleSite(t))
	r, err := Write(t.Context(), dir, Files(l.Channels(t.Context())))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWriteTouchesOnlyWhatChanged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "public")
	first := write(t, dir, sampleArticles())
	if len(first.Unchanged) != 0 || !slices.Contains(first.Written, "tags/中文/feed.json") {
		t.Fatalf("first run: %+v", first)
	}
	old := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, name := range first.Written {
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	articles := sampleArticles()
	articles[2].Title = "عنوان آخر" // in the site's feeds and in those of its one tag
	second := write(t, dir, articles)
	want := []string{"feed.xml", "atom.xml", "feed.json", "tags/عربي/feed.xml", "tags/عربي/atom.xml", "tags/عربي/feed.json"}
	if d := cmp.Diff(want, second.Written); d != "" {
		t.Errorf("written (-want +got)\n%s", d)
	}
	for _, name := range second.Unchanged {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.ModTime().Equal(old) {
			t.Errorf("%s was touched: %v, %v", name, info, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); left != nil {
		t.Errorf("temporary files are left: %v", left)
	}
}

func one(path string) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) { yield(File{Path: path, Data: []byte("x")}, nil) }
}

func TestWriteRefusesToLeaveItsFolder(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "public")
	outside := filepath.Join(parent, "outside")
	for _, d := range []string{dir, outside} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	for _, path := range []string{"../outside/x", "/outside/x", "a/../../outside/x", "", "link/x"} {
		if r, err := Write(t.Context(), dir, one(path)); err == nil {
			t.Errorf("path %q was written: %+v", path, r)
		}
	}
	if found, _ := filepath.Glob(filepath.Join(outside, "*")); found != nil {
		t.Errorf("written outside: %v", found)
	}
}

func TestWriteErrorsSayWhatToDo(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "feed.xml")
	if err := os.Mkdir(file, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(file, "keep"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Write(t.Context(), dir, one("feed.xml"))
	if err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("folder in place of a file: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".feed*")); left != nil {
		t.Errorf("temporary files are left: %v", left)
	}
	_, err = Write(t.Context(), filepath.Join(file, "keep", "x"), one("feed.xml"))
	if err == nil || !strings.Contains(err.Error(), "in each other's place") {
		t.Errorf("file in place of a folder: %v", err)
	}
}

func TestWriteStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Write(ctx, t.TempDir(), one("feed.xml")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v after the context ended", err)
	}
	broken := Channel{Tag: "x"}
	r, err := Write(t.Context(), t.TempDir(), Files(each(sample(t), broken, sample(t))))
	if err == nil || len(r.Written) != 3 {
		t.Errorf("error %v, report %+v", err, r)
	}
}

func TestPrune(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, sampleArticles())
	foreign := filepath.Join(dir, "tags", "c~23", "feed.xml") // of another site, by its self link
	if err := os.WriteFile(foreign, []byte(`<link rel="self" href="https://other.example/tags/c~23/feed.xml">`), 0o644); err != nil {
		t.Fatal(err)
	}
	now := write(t, dir, sampleArticles()[2:])
	if err := Prune(t.Context(), dir, sampleSite(t), &now); err != nil {
		t.Fatal(err)
	}
	if len(now.Removed) != 3*4-1 { // four tags are gone, and one of their files is not ours
		t.Errorf("removed %v", now.Removed)
	}
	for _, gone := range []string{"tags/中文", "tags/machine-learning"} {
		if _, err := os.Stat(filepath.Join(dir, gone)); !os.IsNotExist(err) {
			t.Errorf("%s is still there", gone)
		}
	}
	for _, kept := range []string{"feed.xml", "tags/عربي/atom.xml", "tags/c~23/feed.xml"} {
		if _, err := os.Stat(filepath.Join(dir, kept)); err != nil {
			t.Errorf("%s is gone: %v", kept, err)
		}
	}
}
