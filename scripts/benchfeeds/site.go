package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	posts   = 50   // in the feed
	letters = 2750 // of each: with its frame in Atom, 4 KB
)

// config lets the feed hold all posts.
const config = `site: {title: The Bench, url: "https://bench.example.org"}
feed: {items: 50}
`

// site is a folder that the program serves.
type site struct {
	program, dir string
	written      int // posts
}

// newSite makes a site whose feed is full.
func newSite(program, dir string) (*site, error) {
	program, err := filepath.Abs(program)
	if err != nil {
		return nil, err
	}
	s := &site{program: program, dir: dir}
	err = errors.Join(os.Mkdir(filepath.Join(dir, "posts"), 0o755),
		os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(config), 0o644))
	for range posts {
		_, writeErr := s.write()
		err = errors.Join(err, writeErr)
	}
	if err != nil {
		return nil, err
	}
	return s, s.do("post", "sync", "posts")
}

func (s *site) command(args ...string) *exec.Cmd {
	cmd := exec.Command(s.program, args...)
	cmd.Dir = s.dir
	return cmd
}

func (s *site) do(args ...string) error {
	if out, err := s.command(args...).CombinedOutput(); err != nil {
		return fmt.Errorf("postrider %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// write makes the file of one more post. Its words are of no language, but of as
// many letters, and so packed about as well; they are the same in each run.
func (s *site) write() (name string, err error) {
	s.written++
	r := rand.New(rand.NewPCG(1, uint64(s.written)))
	var b strings.Builder
	fmt.Fprintf(&b, "---\ntitle: Post %d\ntags: [bench]\n---\n", s.written)
	for begin := b.Len(); b.Len() < begin+letters; {
		for range 60 {
			b.WriteString(word(r) + " ")
		}
		b.WriteString("**" + word(r) + "** [" + word(r) + "](https://example.org/" + word(r) + ").\n\n")
	}
	name = filepath.Join("posts", fmt.Sprintf("post%d.md", s.written))
	return name, os.WriteFile(filepath.Join(s.dir, name), []byte(b.String()), 0o644)
}

// word is one of 2,000, the first of which are the most frequent.
func word(r *rand.Rand) string {
	n := int(2000 * r.Float64() * r.Float64() * r.Float64())
	w := rand.New(rand.NewPCG(2, uint64(n)))
	letters := make([]byte, 2+w.IntN(8))
	for i := range letters {
		letters[i] = "etaoinshrdlucmfwygpbvk"[int(22*w.Float64()*w.Float64())]
	}
	return string(letters)
}

// busily measures something while a post is published every second, the first at
// once.
func (s *site) busily(measure func() (float64, error)) (float64, error) {
	ctx, cancel := context.WithCancel(context.Background())
	failed := make(chan error, 1)
	go func() { failed <- s.publish(ctx) }()
	figure, err := measure()
	cancel()
	return figure, errors.Join(err, <-failed)
}

func (s *site) publish(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		name, err := s.write()
		if err == nil {
			err = s.do("post", "add", name)
		}
		if err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
