package templates

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxSize bounds a file of the overlay, in octets. A mail template larger than
// this could not be mailed.
const maxSize = 1 << 20

// Names of files with a part of their own.
const (
	styleFile = "mail/style.css"
	partsHTML = "mail/parts.html"
	partsText = "mail/parts.txt"
	partsPage = "pages/parts.html"
	pageIcon  = "pages/favicon.ico"
)

// source is the text of one file and where it was found, for errors.
type source struct{ where, text string }

// Set is every template, the style sheet and the words: the defaults under the
// overlay. It is safe for use by many goroutines.
type Set struct {
	files map[string]source
	words map[string]func() (vocabulary, error)
}

// Load reads the defaults and lays the files of dir over them; "" means none.
// A file of dir replaces the default of the same name. Beyond those, dir may
// hold mail/NAME.html with mail/NAME.txt, a mail template of the user's own, and
// words/LANGUAGE.toml. Any other file is an error that names the known ones;
// names that begin with a dot or end with ~ are passed over.
//
// What is wrong is reported all at once, as joined [Error]s.
func Load(dir string) (*Set, error) {
	s := &Set{files: map[string]source{}}
	if err := s.readAll(defaults, "", true); err != nil {
		return nil, fmt.Errorf("read embedded templates: %w", err)
	}
	if dir != "" {
		if info, err := os.Stat(dir); err != nil {
			return nil, fmt.Errorf("read templates: %w", err)
		} else if !info.IsDir() {
			return nil, fmt.Errorf("read templates: %s is not a directory", dir)
		}
		if err := s.readAll(os.DirFS(dir), dir, false); err != nil {
			return nil, err
		}
	}
	if err := s.loadWords(); err != nil {
		return nil, err
	}
	_, err := s.Language(fallback) // finds mistakes of the user's
	if err != nil {
		return nil, err
	}
	return s, nil
}

// readAll reads the files of one layer. known says that every name is right.
func (s *Set) readAll(fsys fs.FS, dir string, known bool) error {
	var bad []error
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && ignored(path.Base(name)):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		case !known && !s.accepts(fsys, name):
			bad = append(bad, s.unknown(filepath.Join(dir, filepath.FromSlash(name)), name))
			return nil
		}
		var mistake *Error
		if err := s.read(fsys, dir, name); !errors.As(err, &mistake) {
			return err
		}
		bad = append(bad, mistake)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read templates: %w", err)
	}
	return errors.Join(bad...)
}

func ignored(base string) bool {
	return strings.HasPrefix(base, ".") || strings.HasSuffix(base, "~")
}

func (s *Set) read(fsys fs.FS, dir, name string) error {
	where := filepath.Join(dir, filepath.FromSlash(name))
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return err
	}
	if info.Size() > maxSize {
		return &Error{File: where, Message: fmt.Sprintf("it has %d octets, more than %d: too large for a template", info.Size(), maxSize)}
	}
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	if name == pageIcon { // a picture, the one file that is no text
		s.files[name] = source{where, string(text)}
		return nil
	}
	if !utf8.Valid(text) {
		return &Error{File: where, Message: "it is not valid UTF-8: save it as UTF-8"}
	}
	s.files[name] = source{where, strings.ReplaceAll(string(text), "\r\n", "\n")}
	return nil
}

// accepts tells whether an overlay may have this file: one of the defaults,
// both halves of a mail template, or the words of a language.
func (s *Set) accepts(fsys fs.FS, name string) bool {
	if _, ok := s.files[name]; ok {
		return true
	}
	switch folder, ext := path.Dir(name), path.Ext(name); {
	case folder == "words":
		return ext == ".toml"
	case folder == "mail" && (ext == ".html" || ext == ".txt"):
		stem := strings.TrimSuffix(name, ext)
		_, noHTML := fs.Stat(fsys, stem+".html")
		_, noText := fs.Stat(fsys, stem+".txt")
		return noHTML == nil && noText == nil
	}
	return false
}

func (s *Set) unknown(where, name string) error {
	return &Error{File: where, Message: "this is not the name of a template" + didYouMean(name, Names(),
		"known are those of `postrider template list`, words/LANGUAGE.toml, and mail/NAME.html together with mail/NAME.txt")}
}

// Names lists the files of the defaults, sorted.
func Names() []string {
	var names []string
	// The walk of an embedded file system cannot fail.
	_ = fs.WalkDir(defaults, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return nil
	})
	slices.Sort(names)
	return names
}

// Mails lists the mail templates by their short names, such as digest, sorted.
func (s *Set) Mails() []string {
	var names []string
	for file := range s.files {
		if stem, ok := strings.CutSuffix(file, ".html"); ok && path.Dir(file) == "mail" && file != partsHTML {
			names = append(names, strings.TrimPrefix(stem, "mail/"))
		}
	}
	slices.Sort(names)
	return names
}

// Export writes the defaults below dir, which it makes if need be, and returns
// the paths it wrote. It overwrites nothing: files that are there are kept.
func Export(dir string) (written, kept []string, err error) {
	for _, name := range Names() {
		target := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
			return written, kept, fmt.Errorf("export templates: %w", err)
		}
		text, err := defaults.ReadFile(name)
		if err != nil {
			return written, kept, fmt.Errorf("export templates: %w", err)
		}
		switch err := writeNew(target, text); {
		case errors.Is(err, fs.ErrExist):
			kept = append(kept, target)
		case err != nil:
			return written, kept, fmt.Errorf("export templates: %w", err)
		default:
			written = append(written, target)
		}
	}
	return written, kept, nil
}

// writeNew leaves no half of a file behind: a later export would keep it.
func writeNew(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}
