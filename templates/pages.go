package templates

import (
	"errors"
	"fmt"
	htmltemplate "html/template"
	"maps"
	"path"
	"slices"
	"strings"
)

// Pages is the page templates of a [Set] bound to one language. It is safe for
// use by many goroutines.
type Pages struct {
	vocabulary vocabulary
	pages      map[string]parsed
	files      map[string]string // what is served as it stands, by its short name
}

// Pages binds the page templates to the words of a language, a BCP 47 tag. Of
// words that it does not have it takes the English ones.
func (s *Set) Pages(tag string) (*Pages, error) {
	words, err := s.vocabulary(tag)
	if err != nil {
		return nil, err
	}
	p := &Pages{words, map[string]parsed{}, map[string]string{}}
	for file, src := range s.files {
		if path.Dir(file) != "pages" || file == partsPage {
			continue
		}
		name, ok := strings.CutSuffix(file, ".html")
		if !ok {
			p.files[path.Base(file)] = src.text
			continue
		}
		p.pages[path.Base(name)] = later(func() (template, error) { return s.parsePage(p.vocabulary, file) })
	}
	return p, s.tried(maps.Values(p.pages))
}

func (s *Set) parsePage(v vocabulary, file string) (template, error) {
	own, parts := s.files[file], s.files[partsPage]
	root := htmltemplate.New(parts.where).Funcs(functions(v))
	if _, err := root.Parse(parts.text); err != nil {
		return template{}, place(parts.where, err, nil)
	}
	t, err := root.New(own.where).Parse(own.text)
	if err != nil {
		return template{}, place(own.where, err, nil)
	}
	return template{own.where, t}, nil
}

// Names lists the page templates by their short names, sorted.
func (p *Pages) Names() []string { return slices.Sorted(maps.Keys(p.pages)) }

// File gives the octets of a file that belongs to the pages and is no template:
// a style sheet such as style.css, or an icon. It is empty for any other name.
func (p *Pages) File(name string) string { return p.files[name] }

// Language is the BCP 47 tag of the words that the pages use: English ones where
// the set has none in the language asked for.
func (p *Pages) Language() string { return p.vocabulary.tag }

// Word gives a word of the language, each {} replaced by one of args.
func (p *Pages) Word(key string, args ...any) (string, error) {
	return p.vocabulary.word(key, args...)
}

// HTML executes the named page template.
func (p *Pages) HTML(name string, data any) (string, error) {
	parse, ok := p.pages[name]
	if !ok {
		return "", fmt.Errorf("no page template is called %q%s", name, didYouMean(name, p.Names(), ""))
	}
	t, err := parse()
	if err != nil {
		return "", err
	}
	var b output
	if err := t.exec.Execute(&b, data); err != nil {
		return "", place(t.where, err, fieldsOf(data))
	}
	return b.String(), nil
}

// Check executes every page template with each of the samples that its caller has
// for it and reports every mistake found, as joined [Error]s. Execution ends at
// the first mistake of a template, so mending one may show another.
func (p *Pages) Check(samples func(name string) []any) error {
	var bad []error
	for _, name := range p.Names() {
		for _, data := range samples(name) {
			_, err := p.HTML(name, data)
			bad = append(bad, err)
		}
	}
	return errors.Join(once(bad)...)
}
