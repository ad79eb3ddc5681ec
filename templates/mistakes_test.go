package templates_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"postrider/templates"
)

// TestMistakes holds that an error says where it is and what to write instead.
func TestMistakes(t *testing.T) {
	for _, tt := range []struct{ name, file, text, want string }{
		{"syntax", "mail/digest.html", "a\n{{if}}\n", "mail/digest.html:2: missing value for if"},
		{"function", "mail/digest.txt", "a\n\n{{exec}}", `mail/digest.txt:3: function "exec" not defined`},
		{"field", "mail/confirm.txt", "a\n{{.Site.Titel}}", "mail/confirm.txt:2: no field is called .Titel here: did you mean Title? Known are Description, Direction, Language, PostalAddress, Title, URL"},
		{"field in a part", "mail/parts.txt", "{{define \"top\"}}\n{{.Sit}}{{end}}{{define \"bottom\"}}{{end}}{{define \"post\"}}{{end}}", "mail/parts.txt:2: no field is called .Sit here: did you mean Site?"},
		{"part", "mail/confirm.html", "a\n{{template \"tip\" .}}", `mail/confirm.html:2: no such template "tip"`},
		{"context", "mail/confirm.html", "\n<a href='{{if .Web}}x{{else}}y'{{end}}>", "mail/confirm.html:2: {{if}} branches end in different contexts"},
		{"word", "mail/confirm.txt", `{{word "unsubscrib"}}`, `no word is called "unsubscrib": did you mean unsubscribe?`},
		{"branch on the reader", "mail/confirm.txt", `{{if .Reader.Name}}x{{end}}`, "mail/confirm.txt:1: .Reader differs from reader to reader"},
		{"reader to a function", "mail/confirm.html", "\n{{.Reader.Name | upper}}", "mail/confirm.html:2: .Reader differs from reader to reader"},
		{"reader compared", "mail/confirm.html", `{{range .Tags}}{{if eq . $.Reader.Name}}x{{end}}{{end}}`, ".Reader differs"},
		{"reader stored", "mail/confirm.html", `{{$r := .Reader}}{{$r.Name}}`, ".Reader differs"},
		{"reader renamed", "mail/confirm.html", `{{with .Reader}}{{.Name}}{{end}}`, ".Reader differs"},
		{"reader passed on", "mail/confirm.html", `{{define "x"}}{{end}}{{template "x" .Reader}}`, ".Reader differs"},
		{"unknown file", "mail/digets.html", "x", "did you mean mail/digest.html?"},
		{"half a template", "mail/own.html", "x", "mail/NAME.html together with mail/NAME.txt"},
		{"other file", "notes/x.md", "x", "is not the name of a template"},
		{"words syntax", "words/de.toml", "a = 1\nb = \n", "words/de.toml:2: "},
		{"words kind", "words/de.toml", "# mine\nread_on = 1\n", "words/de.toml:2: read_on: want a text"},
		{"words key", "words/de.toml", "\nreed_on = 'x'\n", "words/de.toml:2: no word is called \"reed_on\": did you mean read_on?"},
		{"words key like none", "words/de.toml", "xyzzy_plugh = 'x'\n", "all are in words/en.toml, which `postrider template export` writes"},
		{"words places", "words/de.toml", "date = 'x'\n\n'read_on' = '{}'\n", "words/de.toml:3: read_on: more {} than in the English words"},
		{"words months", "words/de.toml", "months = ['x']\n", "words/de.toml:1: months: want"},
		{"words table", "words/de.toml", "date = 'x'\n[read_on]\ndate = 1\n", "words/de.toml:2: read_on: want a text"},
		{"encoding", "mail/digest.txt", "\xff", "mail/digest.txt: it is not valid UTF-8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := overlay(t, map[string]string{tt.file: tt.text})
			err := check(dir)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if line, ok := strings.CutPrefix(fmt.Sprint(err), dir); ok && len(line) > 250 {
				t.Errorf("%d octets are too many for a line: %s", len(line), line)
			}
			if err != nil && !strings.HasPrefix(err.Error(), dir) {
				t.Errorf("the error does not begin with the user's file: %v", err)
			}
		})
	}
}

func check(dir string) error {
	set, err := templates.Load(dir)
	if err != nil {
		return err
	}
	m, err := set.Language("en")
	if err != nil {
		return err
	}
	return m.Check(func(name string) []any {
		if name != "confirm" {
			return nil
		}
		return []any{data()}
	})
}

func TestSeveralMistakesAtOnce(t *testing.T) {
	dir := overlay(t, map[string]string{"mail/confirm.html": "{{", "mail/confirm.txt": "{{.X}}", "mail/post.txt": "{{end}}"})
	_, err := templates.Load(dir)
	var first *templates.Error
	if !errors.As(err, &first) || first.Line != 1 || first.File != filepath.Join(dir, "mail", "confirm.html") {
		t.Errorf("first error: %#v", first)
	}
	if n := strings.Count(err.Error(), "\n") + 1; n != 2 {
		t.Errorf("%d errors, want 2:\n%v", n, err)
	}
}

func TestLoadRefusesWhatIsNoDirectory(t *testing.T) {
	file := filepath.Join(overlay(t, map[string]string{"x": ""}), "x")
	for _, dir := range []string{file, file + "-missing"} {
		if _, err := templates.Load(dir); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", dir, err)
		}
	}
}
