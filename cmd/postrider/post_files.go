package main

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"postrider/post"
	"postrider/store"
	"postrider/web"
)

// measure gives the enclosures that lie beside a post's file their lengths, which
// feeds have to tell and few writers know.
func measure(file string, src *post.Source) {
	for i := range src.Enclosures {
		e := &src.Enclosures[i]
		u, err := url.Parse(e.URL)
		switch {
		case e.Length != 0 || err != nil:
		case u.Scheme != "" || u.Host != "" || strings.HasPrefix(u.Path, "/"):
			src.Warnings = append(src.Warnings, fmt.Sprintf(
				"enclosure: %s has no length, and some programs take it for empty; write length: with its octets", e.URL))
		default:
			if info, err := os.Stat(filepath.Join(filepath.Dir(file), filepath.FromSlash(u.Path))); err == nil && info.Mode().IsRegular() {
				e.Length = info.Size()
			}
		}
	}
}

// warnOf tells what was mended or is amiss with a post that was stored.
func (s *session) warnOf(acc store.Accepted) {
	p := acc.Post
	for _, w := range acc.Warnings {
		s.warn("%s: %s", p.Source, w)
	}
	if acc.Action == store.PostUnchanged || acc.Action == store.PostDeleted {
		return
	}
	for _, name := range s.missingFiles(p) {
		s.warn("%s: %s", lineThatNames(s.cfg.Path(filepath.FromSlash(p.Source)), p.Source, name), missing(name))
	}
}

// missingFiles names what a post shows and readers would not get. Most posts show
// nothing and need not be rendered to tell.
func (s *session) missingFiles(p post.Post) []string {
	if p.Image == "" && len(p.Enclosures) == 0 && !strings.Contains(p.Body, "![") && !strings.Contains(p.Body, "src") {
		return nil
	}
	a, err := s.renderer().Article(p)
	if err != nil {
		return nil // told by whoever shows it
	}
	return web.MissingFiles(s.cfg.Dir(), a)
}

// missing says what is amiss with a file that is not there. Its name is as the web
// has it, where a way up is [post.Up].
func missing(name string) string {
	ways := ""
	for strings.HasPrefix(name, post.Up+"/") {
		ways, name = ways+"../", name[len(post.Up+"/"):]
	}
	return fmt.Sprintf("%q does not exist, so readers see a gap; put it where the post looks for it, or mend its name", ways+name)
}

// lineThatNames finds where in the file of a post another one is named: source:line,
// or the source alone.
func lineThatNames(file, source, name string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return source
	}
	base := path.Base(name)
	for i, line := range bytes.Split(data, []byte("\n")) {
		if bytes.Contains(line, []byte(base)) || bytes.Contains(line, []byte(url.PathEscape(base))) {
			return fmt.Sprintf("%s:%d", source, i+1)
		}
	}
	return source
}
