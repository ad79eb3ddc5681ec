package feed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postrider/post"
)

// shelf is where a test keeps its articles. The places in the archive are counted
// from the end of the list: the newest article comes first.
type shelf struct {
	mu       sync.Mutex
	articles []post.Article
	gone     map[int]bool // withdrawn, by index
	err      error
	asked    int           // how often for posts
	slow     time.Duration // how long it takes to give them
}

func newShelf(articles []post.Article) *shelf {
	return &shelf{articles: articles, gone: map[int]bool{}}
}

func (s *shelf) library(site Site) *Library {
	return &Library{Site: site, Posts: s, Archive: s, Article: s.article}
}

func (s *shelf) post(i int) post.Post {
	p := s.articles[i].Post
	p.ID = strconv.Itoa(i)
	return p
}

func (s *shelf) article(p post.Post) (post.Article, error) {
	i, err := strconv.Atoi(p.ID)
	if err != nil {
		return post.Article{}, err
	}
	return s.articles[i], nil
}

func (s *shelf) FeedPosts(ctx context.Context, tags []string, limit int) ([]post.Post, error) {
	if s.slow > 0 {
		select {
		case <-time.After(s.slow):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	var list []post.Post
	for i, a := range s.articles {
		bears := slices.ContainsFunc(a.Tags, func(tag string) bool { return slices.Contains(tags, post.FoldTag(tag)) })
		if !s.gone[i] && (tags == nil || bears) && len(list) < limit {
			list = append(list, s.post(i))
		}
	}
	return list, s.err
}

func (s *shelf) FeedTags(context.Context) (map[string]string, error) {
	tags := map[string]string{}
	for _, a := range s.articles {
		for _, tag := range a.Tags {
			tags[post.FoldTag(tag)] = tag
		}
	}
	return tags, s.err
}

func (s *shelf) FeedRange(_ context.Context, from, to int64) ([]post.Post, error) {
	var list []post.Post
	for i := range s.articles {
		if place := int64(len(s.articles) - i); from <= place && place <= to && !s.gone[i] {
			list = append(list, s.post(i))
		}
	}
	return list, s.err
}

func (s *shelf) FeedExtent(context.Context) (int64, error) { return int64(len(s.articles)), s.err }

// describe lists the channels with the slugs of their articles.
func describe(t *testing.T, l *Library) (lines []string) {
	t.Helper()
	for c, err := range l.Channels(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		line := c.Tag + ":"
		if c.Archive > 0 {
			line = fmt.Sprintf("archive %d of %d, full %t:", c.Archive, c.Archives, c.Full)
		}
		if n := len(c.Articles); n > 4 {
			line += fmt.Sprintf(" %s … %s (%d)", c.Articles[0].Slug, c.Articles[n-1].Slug, n)
		} else {
			for _, a := range c.Articles {
				line += " " + a.Slug
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func TestChannels(t *testing.T) {
	tagged := func(day int, tags ...string) post.Article {
		a := article(day, "p"+strconv.Itoa(day), "", "")
		a.Tags = tags
		return a
	}
	l := newShelf([]post.Article{
		tagged(5, "Go", "open source"), tagged(4, "go", "GO"), tagged(3, "Open-Source"),
		tagged(2, "", " ", "中文"), tagged(1, "Go"),
	}).library(sampleSite(t))
	l.Items = 2
	want := []string{": p5 p4", "Go: p5 p4", "open source: p5 p3", "中文: p2", "archive 1 of 1, full false: p5 … p1 (5)"}
	if d := cmp.Diff(want, describe(t, l)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if _, err := l.Channel(t.Context(), Address{Tag: "none", Format: RSS}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a tag that nobody bears: %v", err)
	}
}

func TestChannelsStopAtAnError(t *testing.T) {
	s := newShelf(nil)
	s.err = errors.New("broken database")
	for _, err := range s.library(sampleSite(t)).Channels(t.Context()) {
		if !errors.Is(err, s.err) {
			t.Errorf("error %v, want %v", err, s.err)
		}
	}
}

// numbered makes n articles, p1 the oldest.
func numbered(n int) []post.Article {
	var list []post.Article
	for i := n; i > 0; i-- {
		list = append(list, article(1, "p"+strconv.Itoa(i), "Post "+strconv.Itoa(i), "<p>Words.</p>"))
	}
	return list
}

func TestArchivePagesNeverMove(t *testing.T) {
	few := newShelf(numbered(30)).library(sampleSite(t))
	if got := describe(t, few); len(got) != 1 {
		t.Errorf("what one feed holds needs no archive: %q", got)
	}
	if _, err := few.Channel(t.Context(), Address{Archive: 1, Format: RSS}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an archive of few: %v", err)
	}
	many := newShelf(numbered(120))
	many.gone[100] = true // p20
	want := []string{": p120 … p91 (30)",
		"archive 3 of 3, full false: p120 … p101 (20)", "archive 2 of 3, full true: p100 … p51 (50)", "archive 1 of 3, full true: p50 … p1 (49)"}
	if d := cmp.Diff(want, describe(t, many.library(sampleSite(t)))); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// TestReadersReachTheFirstPost follows the links of each format as a new reader does.
func TestReadersReachTheFirstPost(t *testing.T) {
	l := newShelf(numbered(120)).library(sampleSite(t))
	for _, f := range Formats() {
		seen := map[string]bool{}
		a := Address{Format: f}
		for range 5 {
			c, err := l.Channel(t.Context(), a)
			if err != nil {
				t.Fatal(err)
			}
			for _, article := range c.Articles {
				seen[article.Slug] = true
			}
			data, err := Render(c, f)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, fmt.Sprintf("archive-%d.%s", a.Archive, f), head(data))
			if a.Archive = c.older(); a.Archive == 0 {
				break
			}
		}
		if len(seen) != 120 {
			t.Errorf("%s: %d posts", f, len(seen))
		}
	}
}

// head is a feed without its articles.
func head(data []byte) []byte {
	for _, mark := range []string{"    <item>", "  <entry>", `  "items"`} {
		data, _, _ = bytes.Cut(data, []byte(mark))
	}
	return data
}

func FuzzParsePath(f *testing.F) {
	for _, path := range []string{"feed.xml", "tags/go/atom.xml", "archive/7/feed.json", "archive/07/feed.xml", "tags//feed.xml", "archive/-1/feed.xml"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if a, ok := ParsePath(path); ok && (a.Path() != path || a.Archive < 0 || a.Format == "") {
			t.Errorf("%q became %+v", path, a)
		}
	})
}
