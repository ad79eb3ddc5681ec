package post

import (
	"cmp"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ParseOptions say how a source is to be read. The zero value is ready to use.
type ParseOptions struct {
	Location *time.Location // the zone of dates that name none; nil: UTC
	MaxBytes int            // the most octets a source may have; 0: [MaxBytes]
}

// ParseError tells what is wrong with a source, and where.
type ParseError struct {
	File string // as given to [Parse]
	Line int    // counts from 1; 0: the whole file
	Key  string // of the front matter, as written; "" if it is none
	Err  error  // what is wrong and what is accepted
}

func (e *ParseError) Error() string {
	where := e.File
	if where == "" {
		where = "post"
	}
	if e.Line > 0 {
		where += ":" + strconv.Itoa(e.Line)
	}
	if e.Key != "" {
		where += ": " + e.Key
	}
	return where + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *ParseError) Unwrap() error { return e.Err }

// Parse reads the source of a post: YAML front matter between lines of "---",
// TOML between lines of "+++", or none, and a body. The file's name, which may
// have a path, gives what the front matter leaves out: the format by its
// extension (.html and .htm are HTML, all else Markdown), a date and a slug if
// it is written YYYY-MM-DD-slug.md, and the title if the body has no heading
// for one. Front matter wins; keys that Parse does not know are ignored, as
// files of other systems have many. Every error is a [*ParseError].
func Parse(name string, data []byte, o ParseOptions) (Source, error) {
	if err := o.CheckSize(name, int64(len(data))); err != nil {
		return Source{}, err
	}
	text, warnings, err := decode(name, data)
	if err != nil {
		return Source{}, err
	}
	matter, body, err := splitFrontMatter(name, text)
	if err != nil {
		return Source{}, err
	}
	keys, err := matter.values(name)
	if err != nil {
		return Source{}, err
	}
	in := reader{file: name, keys: keys, loc: o.Location}
	src := in.source()
	if in.err != nil {
		return Source{}, in.err
	}
	src.Body = strings.TrimLeft(body, "\n")
	src.Warnings = append(warnings, in.warnings...)
	src.Warnings = append(src.Warnings, src.Clean()...)
	src.complete(readFileName(name, o.Location))
	if err := src.Validate(); err != nil {
		return Source{}, &ParseError{File: name, Err: err}
	}
	if !src.Draft && src.Summary == "" && strings.TrimSpace(src.Body) == "" {
		src.Warnings = append(src.Warnings, "has neither a body nor a summary, so readers get its title alone; write one")
	}
	return src, nil
}

// CheckSize refuses a source of more octets than the options permit. [Parse]
// does so as well; a caller who asks first need not read the file.
func (o ParseOptions) CheckSize(name string, octets int64) error {
	limit := int64(cmp.Or(max(o.MaxBytes, 0), MaxBytes))
	if octets <= limit {
		return nil
	}
	return &ParseError{File: name, Err: fmt.Errorf(
		"has %s, more than the limit of %s; shorten it, or move embedded media to files of their own", megabytes(octets), megabytes(limit))}
}

// megabytes writes a number of octets for people.
func megabytes(n int64) string {
	if n < 1<<20 {
		return strconv.FormatInt(n, 10) + " bytes"
	}
	return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MiB"
}

// complete fills what the front matter left out, from the body and the file's name.
func (s *Source) complete(f fileName) {
	s.Format = f.format
	if s.Date.IsZero() {
		s.Date = f.date
	}
	if s.Slug == "" && f.words != "" {
		s.Slug = MakeSlug(f.words)
	}
	if s.Title == "" {
		s.Title, s.Body = takeTitle(s.Format, s.Body)
	}
	if s.Title == "" {
		s.Title = titleFrom(f.words)
	}
}

// titleFrom makes a title of a file name's words.
func titleFrom(words string) string {
	words = oneLine(strings.NewReplacer("-", " ", "_", " ").Replace(words))
	first, size := utf8.DecodeRuneInString(words)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + words[size:]
}

// fileName is what the name of a post's file says.
type fileName struct {
	words  string // without date and extension; "" if nothing is left
	date   time.Time
	format Format
}

var datedName = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})(?:[-_](.*))?$`)

// readFileName reads a file's name as Jekyll and Hugo write it. A file called
// index is named by its folder.
func readFileName(name string, loc *time.Location) fileName {
	f := fileName{format: Markdown}
	name = path.Clean(filepath.ToSlash(scrub(name)))
	base := path.Base(name)
	ext := path.Ext(base)
	switch strings.ToLower(ext) {
	case ".html", ".htm":
		f.format = HTML
	}
	f.words = strings.TrimSuffix(base, ext)
	if f.words == "index" || f.words == "_index" {
		f.words = path.Base(path.Dir(name))
	}
	f.words = strings.Trim(f.words, "./ ")
	if m := datedName.FindStringSubmatch(f.words); m != nil {
		if date, err := ParseDate(m[1], loc); err == nil {
			f.date, f.words = date, m[2]
		}
	}
	return f
}
