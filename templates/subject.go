package templates

import (
	"strings"
	texttemplate "text/template"
	"unicode"
)

// Subject is a parsed template of one line, such as a mail's subject.
type Subject struct {
	where string
	exec  *texttemplate.Template
}

// ParseSubject reads a template of one line. where says in errors where text
// stands: a file, or the path of a setting.
func (m *Mail) ParseSubject(where, text string) (*Subject, error) {
	t, err := texttemplate.New(where).Funcs(functions(m.vocabulary)).Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, place(where, err, nil)
	}
	for _, d := range t.Templates() {
		if err := checkOpaque(d.Tree, false); err != nil {
			return nil, err
		}
	}
	return &Subject{where, t}, nil
}

// Execute gives the line for data. Line breaks and other control characters
// become spaces, and runs of space one.
func (s *Subject) Execute(data any) (string, error) {
	var b output
	if err := s.exec.Execute(&b, data); err != nil {
		return "", place(s.where, err, fieldsOf(data))
	}
	return OneLine(b.String()), nil
}

// OneLine makes a text fit to be a header's value: control characters become
// spaces, runs of space one, and none stands at the ends.
func OneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}
