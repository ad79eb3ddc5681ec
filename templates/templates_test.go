package templates_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postrider/templates"
)

// sample is the smallest data that the default templates of notices can show.
type sample struct {
	Site               site
	Subject, Preheader string
	Date               time.Time
	WebURL, ConfirmURL string
	Web                bool
	Reader             reader
	Posts              []article
	More               int
	Tags               []string
}

type site struct{ Title, Description, URL, Language, Direction, PostalAddress string }

type article struct{ Title string }

type reader struct{}

func (reader) Name(...string) string  { return "NAME" }
func (reader) UnsubscribeURL() string { return "https://example.org/unsubscribe/T" }
func (reader) PreferencesURL() string { return "https://example.org/preferences/T" }

func data() sample {
	return sample{
		Site: site{Title: "Example", URL: "https://example.org/", Language: "en", Direction: "ltr"},
		Date: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), ConfirmURL: "https://example.org/confirm/T",
		Tags: []string{"a", "b", "c"},
	}
}

// overlay makes a directory of files.
func overlay(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// load gives the mail templates under an overlay, in a language.
func load(t *testing.T, language string, files map[string]string) *templates.Mail {
	t.Helper()
	set, err := templates.Load(overlay(t, files))
	if err != nil {
		t.Fatal(err)
	}
	m, err := set.Language(language)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEveryLanguageIsComplete(t *testing.T) {
	set, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, language := range []string{"en", "de", "fr", "es", "zh", "ar"} {
		m, err := set.Language(language)
		if err != nil {
			t.Fatalf("%s: %v", language, err)
		}
		text, err := m.Text("confirm", data())
		if err != nil {
			t.Fatalf("%s: %v", language, err)
		}
		if !strings.Contains(text, "Example") || strings.Contains(text, "{}") {
			t.Errorf("%s: words are not filled in:\n%s", language, text)
		}
		for other, its := range texts {
			if its == text {
				t.Errorf("%s reads like %s", language, other)
			}
		}
		texts[language] = text
	}
}

func TestLanguageFallsBack(t *testing.T) {
	for tag, want := range map[string]string{
		"de-AT": "Abmelden", "zh-Hant-TW": "退订", "DE": "Abmelden", "pt_BR": "Unsubscribe", "": "Unsubscribe",
	} {
		if got, err := load(t, tag, nil).Word("unsubscribe"); err != nil || got != want {
			t.Errorf("%q: got %q, %v; want %q", tag, got, err, want)
		}
	}
}

func TestWordsCanBeReplacedOneByOne(t *testing.T) {
	m := load(t, "de", map[string]string{
		"words/de.toml": "read_on = \"Mehr\"\n",
		"words/it.toml": "unsubscribe = \"Annulla l'iscrizione\"\n",
	})
	for key, want := range map[string]string{"read_on": "Mehr", "unsubscribe": "Abmelden"} {
		if got, err := m.Word(key); err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", key, got, err, want)
		}
	}
	if _, err := m.Word("reed_on"); err == nil || !strings.Contains(err.Error(), "did you mean read_on?") {
		t.Errorf("unknown word: %v", err)
	}
}

func TestFunctions(t *testing.T) {
	for source, want := range map[string]string{
		`{{date .Date}}`:                            "2 March 2026",
		`{{date .Date "2006-01-02"}}`:               "2026-03-02",
		`{{date .Date "January 2006"}}`:             "March 2026",
		`{{upper "ab"}}{{lower "CD"}}`:              "ABcd",
		`{{truncate 9 "some more words"}}`:          "some more…",
		`{{truncate 7 "some more words"}}`:          "some mo…",
		`{{truncate 90 "some more words"}}`:         "some more words",
		`{{truncate 3 "一二三四"}}`:                     "一二三…",
		`{{join ", " .Tags}}`:                       "a, b, c",
		`{{people .Tags}}`:                          "a, b and c",
		`{{.Preheader | default "none"}}`:           "none",
		`{{.Site.Title | default "none"}}`:          "Example",
		`{{underline "=" "中文"}}`:                    "中文 ====",
		`{{word "by" "A & B"}}`:                     "by A & B",
		`{{.Reader.Name "friend"}}{{.Reader.Name}}`: "NAMENAME",
		`{{range .Tags}}{{$.Reader.Name}}{{end}}`:   "NAMENAMENAME",
		`{{with .Site}}{{.Title}}{{end}}`:           "Example",
		`{{if eq .Site.Language "en"}}yes{{end}}`:   "yes",
	} {
		m := load(t, "en", map[string]string{"mail/own.txt": source, "mail/own.html": "x"})
		got, err := m.Text("own", data())
		if got := strings.Join(strings.Fields(got), " "); err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", source, got, err, want)
		}
	}
}

func TestHiddenFilesArePassedOver(t *testing.T) {
	if err := check(overlay(t, map[string]string{".git/config": "x", "mail/digest.html~": "x", ".DS_Store": "x"})); err != nil {
		t.Error(err)
	}
}

func TestExportOverwritesNothing(t *testing.T) {
	dir := overlay(t, map[string]string{"mail/digest.txt": "mine"})
	written, _, err := templates.Export(dir)
	if err != nil || len(written) != len(templates.Names())-1 {
		t.Fatalf("wrote %d of %d: %v", len(written), len(templates.Names()), err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "mail", "digest.txt")); err != nil || string(text) != "mine" {
		t.Errorf("the user's file became %q, %v", text, err)
	}
	if again, kept, err := templates.Export(dir); err != nil || len(again) != 0 || len(kept) != len(templates.Names()) {
		t.Errorf("again: wrote %v, kept %v, %v", again, kept, err)
	}
	if err := check(dir); err != nil {
		t.Errorf("exported templates do not load: %v", err)
	}
}

func TestSubject(t *testing.T) {
	m := load(t, "en", nil)
	for text, want := range map[string]string{
		"{{.Site.Title}}: {{date .Date}}": "Example: 2 March 2026",
		"a\r\nBcc: x@example.org\x00b":    "a Bcc: x@example.org b",
		"  ":                              "",
	} {
		s, err := m.ParseSubject("digests.weekly.subject", text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got, err := s.Execute(data()); err != nil || got != want {
			t.Errorf("%q: got %q, %v; want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"{{.Reader.Name}}":      "a subject is the same for every reader",
		"{{if .Reader}}{{end}}": "a subject is the same for every reader",
		"{{":                    "digests.weekly.subject:1: unclosed action",
	} {
		if _, err := m.ParseSubject("digests.weekly.subject", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v; want %s", text, err, want)
		}
	}
	s, err := m.ParseSubject("digests.weekly.subject", "{{.Titel}}")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Execute(data()); err == nil || !strings.Contains(err.Error(), "digests.weekly.subject:1: no field is called .Titel") {
		t.Errorf("got %v", err)
	}
}

func TestNames(t *testing.T) {
	set, err := templates.Load(overlay(t, map[string]string{"mail/own.html": "x", "mail/own.txt": "x"}))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := set.Mails(), []string{"already", "confirm", "digest", "own", "post", "welcome"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	m := load(t, "en", nil)
	if _, err := m.HTML("digst", nil); err == nil || !strings.Contains(err.Error(), "did you mean digest?") {
		t.Errorf("unknown template: %v", err)
	}
}

func TestInline(t *testing.T) {
	in := `<!DOCTYPE html><html><head><style>p { color: #111111 } @media (prefers-color-scheme: dark) { p { color: #eeeeee } }</style></head><body><!--[if mso]><b><![endif]--><p>a</p></body></html>`
	out, err := templates.Inline(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<p style="color:#111111">`, `prefers-color-scheme: dark`, `#eeeeee !important`, `<!--[if mso]><b><![endif]-->`} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is missing in\n%s", want, out)
		}
	}
	if again, err := templates.Inline(in); err != nil || again != out {
		t.Errorf("the second time differs: %v", err)
	}
}
