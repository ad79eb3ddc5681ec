package templates

import (
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"iter"
	"maps"
	"slices"
	"sync"
	texttemplate "text/template"
)

// Mail is the templates of a [Set] bound to one language. It is safe for use
// by many goroutines.
type Mail struct {
	vocabulary vocabulary
	pages      map[string]page
}

// page is a mail template: its two halves.
type page struct{ html, text parsed }

// template is what html/template and text/template have in common, and where
// it comes from.
type template struct {
	where string
	exec  interface{ Execute(io.Writer, any) error }
}

// parsed is a template that is parsed when it is first asked for: most of those
// that a process knows it never shows.
type parsed func() (template, error)

func later(parse func() (template, error)) parsed { return sync.OnceValues(parse) }

// tried parses all of list now if any file is the user's, and tells every mistake.
// The bundled ones have none; tests see to that.
func (s *Set) tried(list iter.Seq[parsed]) error {
	if s.Bundled() {
		return nil
	}
	var bad []error
	for parse := range list {
		_, err := parse()
		bad = append(bad, err)
	}
	return errors.Join(once(bad)...)
}

// Language binds the templates to the words of a language, a BCP 47 tag. Of
// words that it does not have it takes the English ones.
func (s *Set) Language(tag string) (*Mail, error) {
	words, err := s.vocabulary(tag)
	if err != nil {
		return nil, err
	}
	m := &Mail{words, map[string]page{}}
	var all []parsed
	for _, name := range s.Mails() {
		p := page{
			html: later(func() (template, error) { return s.parseHTML(words, "mail/"+name+".html") }),
			text: later(func() (template, error) { return s.parseText(words, "mail/"+name+".txt") }),
		}
		m.pages[name] = p
		all = append(all, p.html, p.text)
	}
	return m, s.tried(slices.Values(all))
}

// once drops repeats: a mistake in a shared part is met by every template.
func once(errs []error) []error {
	seen := map[string]bool{}
	var kept []error
	for _, err := range errs {
		if err != nil && !seen[err.Error()] {
			seen[err.Error()] = true
			kept = append(kept, err)
		}
	}
	return kept
}

func (s *Set) parseHTML(v vocabulary, name string) (template, error) {
	own, parts := s.files[name], s.files[partsHTML]
	root := htmltemplate.New(parts.where).Funcs(htmlFunctions(v, s.files[styleFile].text))
	if _, err := root.Parse(parts.text); err != nil {
		return template{}, place(parts.where, err, nil)
	}
	t, err := root.New(own.where).Parse(own.text)
	if err != nil {
		return template{}, place(own.where, err, nil)
	}
	var bad []error
	for _, d := range root.Templates() {
		bad = append(bad, checkOpaque(d.Tree, true))
	}
	return template{own.where, t}, errors.Join(bad...)
}

func (s *Set) parseText(v vocabulary, name string) (template, error) {
	own, parts := s.files[name], s.files[partsText]
	root := texttemplate.New(parts.where).Funcs(functions(v)).Option("missingkey=error")
	if _, err := root.Parse(parts.text); err != nil {
		return template{}, place(parts.where, err, nil)
	}
	t, err := root.New(own.where).Parse(own.text)
	if err != nil {
		return template{}, place(own.where, err, nil)
	}
	var bad []error
	for _, d := range root.Templates() {
		bad = append(bad, checkOpaque(d.Tree, true))
	}
	return template{own.where, t}, errors.Join(bad...)
}

// Names lists the mail templates by their short names, sorted.
func (m *Mail) Names() []string { return slices.Sorted(maps.Keys(m.pages)) }

// Word gives a word of the language, each {} replaced by one of args.
func (m *Mail) Word(key string, args ...any) (string, error) {
	return m.vocabulary.word(key, args...)
}

// HTML executes the HTML half of the named mail template. The style sheet
// stands in its head; [Inline] makes mail of it.
func (m *Mail) HTML(name string, data any) (string, error) {
	return m.execute(name, data, func(p page) parsed { return p.html })
}

// Text executes the text half of the named mail template and makes it tidy: lines of
// at most [Width] columns, as [Wrap] does it, and no two blank lines in a row.
func (m *Mail) Text(name string, data any) (string, error) {
	text, err := m.execute(name, data, func(p page) parsed { return p.text })
	return Wrap(Tidy(text), Width), err
}

func (m *Mail) execute(name string, data any, half func(page) parsed) (string, error) {
	p, ok := m.pages[name]
	if !ok {
		return "", fmt.Errorf("no mail template is called %q%s", name, didYouMean(name, m.Names(), ""))
	}
	t, err := half(p)()
	if err != nil {
		return "", err
	}
	var b output
	if err := t.exec.Execute(&b, data); err != nil {
		return "", place(t.where, err, fieldsOf(data))
	}
	return b.String(), nil
}

// Check executes every mail template with each of the samples that its caller
// has for it and reports every mistake found, as joined [Error]s. Execution
// ends at the first mistake of a template, so mending one may show another.
func (m *Mail) Check(samples func(name string) []any) error {
	var bad []error
	for _, name := range m.Names() {
		for _, data := range samples(name) {
			_, err := m.HTML(name, data)
			bad = append(bad, err)
			_, err = m.Text(name, data)
			bad = append(bad, err)
		}
	}
	return errors.Join(once(bad)...)
}
