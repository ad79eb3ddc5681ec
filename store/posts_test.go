package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"postrider/post"
)

// monday is when tests happen, unless they say otherwise.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// source reads the text of a file as post add would.
func source(t testing.TB, path, text string) Submission {
	t.Helper()
	src, err := post.Parse(path, []byte(text), post.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return Submission{Path: path, Digest: sha256.Sum256([]byte(text)), Source: src}
}

// site holds a store and the files of a test.
type site struct {
	*Store
	t     testing.TB
	now   time.Time
	files map[string]string // what is on the disk, by path
	found bool              // they are swept up, not named
}

func newSite(t testing.TB) *site {
	return &site{Store: newStore(t), t: t, now: monday, files: make(map[string]string)}
}

// try submits the file at path as it is now.
func (s *site) try(paths ...string) ([]Accepted, error) {
	s.t.Helper()
	var subs []Submission
	for _, path := range paths {
		subs = append(subs, source(s.t, path, s.files[path]))
	}
	return s.SubmitPosts(context.Background(), subs, SubmitOptions{
		Now:      s.now,
		Site:     &url.URL{Scheme: "https", Host: "example.org"},
		Backdate: 7 * 24 * time.Hour,
		Gone:     func(path string) bool { _, here := s.files[path]; return !here },
		Found:    s.found,
	})
}

// sync submits every file as found and fails the test on an error.
func (s *site) sync() map[string]Accepted {
	s.t.Helper()
	s.found = true
	defer func() { s.found = false }()
	var paths []string
	for path := range s.files {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	list, err := s.try(paths...)
	if err != nil {
		s.t.Fatal(err)
	}
	byPath := make(map[string]Accepted)
	for i, path := range paths {
		byPath[path] = list[i]
	}
	return byPath
}

// put writes one file and submits it.
func (s *site) put(path, text string) Accepted {
	s.t.Helper()
	s.files[path] = text
	list, err := s.try(path)
	if err != nil {
		s.t.Fatal(err)
	}
	return list[0]
}

// refuse writes one file, which must be a conflict that has these words.
func (s *site) refuse(path, text string, words ...string) {
	s.t.Helper()
	s.files[path] = text
	_, err := s.try(path)
	if !errors.Is(err, ErrConflict) {
		s.t.Fatalf("got %v, want a conflict", err)
	}
	for _, word := range append(words, path) {
		if !strings.Contains(err.Error(), word) {
			s.t.Errorf("got %q, want %q in it", err, word)
		}
	}
	delete(s.files, path)
}

// changes tells by how much do moves the change counter.
func (s *site) changes(do func()) int64 {
	s.t.Helper()
	before, err := s.Change(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	do()
	after, err := s.Change(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	return after - before
}

func day(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}
