package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"postrider"
	"postrider/cmd/postrider/config"
)

// write makes a configuration file and returns its path.
func write(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// env is an environment of these variables alone.
func env(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

func load(t testing.TB, text string, vars map[string]string) *config.Config {
	t.Helper()
	c, err := config.Load(write(t, text), env(vars))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fields lists the paths of the settings as the type has them; an item of a list
// of groups is written [].
func fields(path string, t reflect.Type) []string {
	switch {
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		return fields(path+"[]", t.Elem())
	case t.Kind() != reflect.Struct:
		return []string{path}
	}
	var all []string
	for i := range t.NumField() {
		all = append(all, fields(strings.TrimPrefix(path+"."+t.Field(i).Tag.Get("yaml"), "."), t.Field(i).Type)...)
	}
	return all
}

// shown lists the paths of the settings as a document has them.
func shown(path string, n *yaml.Node) []string {
	switch {
	case n.Kind == yaml.SequenceNode && len(n.Content) > 0 && n.Content[0].Kind == yaml.MappingNode:
		return shown(path+"[]", n.Content[0])
	case n.Kind != yaml.MappingNode:
		return []string{path}
	}
	var all []string
	for i := 0; i < len(n.Content); i += 2 {
		all = append(all, shown(strings.TrimPrefix(path+"."+n.Content[i].Value, "."), n.Content[i+1])...)
	}
	return all
}

// config.yaml shows every setting there is, in the order of the type, and no other.
func TestEverySettingIsShown(t *testing.T) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(postrider.Config()), &doc); err != nil {
		t.Fatal(err)
	}
	want := fields("", reflect.TypeFor[config.Settings]())
	if d := cmp.Diff(want, shown("", doc.Content[0])); d != "" {
		t.Errorf("(-type +config.yaml)\n%s", d)
	}
	if len(want) < 40 {
		t.Errorf("only %d settings were looked at", len(want))
	}
}

// Both forms of config show name a setting alike.
func TestJSONNamesAreThoseOfYAML(t *testing.T) {
	var look func(reflect.Type)
	look = func(s reflect.Type) {
		if s.Kind() == reflect.Slice {
			s = s.Elem()
		}
		if s.Kind() != reflect.Struct {
			return
		}
		for i := range s.NumField() {
			f := s.Field(i)
			if f.Tag.Get("yaml") != f.Tag.Get("json") || f.Tag.Get("yaml") == "" {
				t.Errorf("%s.%s is %q", s, f.Name, f.Tag)
			}
			look(f.Type)
		}
	}
	look(reflect.TypeFor[config.Settings]())
}

// The defaults are those of config.yaml: with no file at all, with that file, and
// with what config show prints of either.
func TestDefaultsSurvive(t *testing.T) {
	bare := load(t, "", nil)
	for what, text := range map[string]string{"config.yaml": postrider.Config(), "config show": show(t, bare.Settings),
		"nothing but groups": "site:\ndatabase: null\nmail: {smtp: ~, maildir: {}}\ndigests:\ntemplates: {}\n"} {
		if d := cmp.Diff(bare.Settings, load(t, text, nil).Settings); d != "" {
			t.Errorf("%s (-none +it)\n%s", what, d)
		}
	}
	d := bare.NewsletterDigests()[0]
	if bare.Site.Title != "Example News" || bare.Feed.Items != 30 || time.Duration(bare.Feed.MaxAge) != 30*time.Minute ||
		bare.BackdateLimit() != 7*24*time.Hour || bare.Hold() || d.Day != time.Monday || d.At.Hour != 9 || d.Zone.String() != "Europe/Berlin" {
		t.Errorf("defaults %+v, %+v", bare.Settings, d)
	}
}

func show(t testing.TB, s config.Settings) string {
	t.Helper()
	text, err := yaml.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Values other than the defaults survive as well, also those that YAML would take
// for something else than text.
func TestSettingsSurvive(t *testing.T) {
	text := `
site: {title: 2026-01-01, description: true, url: "https://example.org/news/", language: pt-BR}
database: {url: 5}
server: {address: "[::1]:80", trusted_proxies: [10.0.0.0/8, "2001:db8::/32"]}
feed: {items: 7, max_age: 1h30m, hubs: ["https://hub.example.org/"]}
mail: {backdate_limit: 2d, smtp: {port: 25, allow_plaintext: true}}
digests:
  - {cadence: monthly, day: 28, at: 17:05, timezone: Asia/Kathmandu}
  - {cadence: instant, delay: 0s}
  - {name: morning, cadence: daily, content: full, catch_up: 2d}
`
	c := load(t, text, nil)
	if c.Site.Title != "2026-01-01" || c.Site.Description != "true" || c.Database.URL != "5" || len(c.Server.TrustedProxies) != 2 {
		t.Errorf("read %+v", c.Settings)
	}
	if got := c.DigestNames(); !slices.Equal(got, []string{"monthly", "instant", "morning"}) {
		t.Errorf("digests %q", got)
	}
	ds := c.NewsletterDigests()
	if ds[0].MonthDay != 28 || ds[0].CatchUp != 24*time.Hour || ds[1].Delay != 0 || ds[2].Delay != 5*time.Minute ||
		ds[2].CatchUp != 48*time.Hour || !ds[2].Full || ds[0].Full {
		t.Errorf("digests %+v", ds)
	}
	again := load(t, show(t, c.Settings), nil)
	if d := cmp.Diff(c.Settings, again.Settings); d != "" {
		t.Errorf("(-read +shown and read)\n%s", d)
	}
	if got := c.SiteURL().String(); got != "https://example.org/news" {
		t.Errorf("site %s", got)
	}
}

func TestAnchors(t *testing.T) {
	c := load(t, "site: {title: &t News, description: *t}\ndigests:\n  - &d {cadence: weekly, day: friday}\n", nil)
	if c.Site.Description != "News" || c.NewsletterDigests()[0].Day != time.Friday {
		t.Errorf("read %+v", c.Settings)
	}
}

func TestEnvironment(t *testing.T) {
	text := "site: {title: File}\nmail: {smtp: {port: 25}}\n"
	c := load(t, text, map[string]string{
		"POSTRIDER_SITE_TITLE":                "Evening: News # 5",
		"POSTRIDER_SITE_AUTHOR_NAME":          "2026",
		"POSTRIDER_MAIL_SMTP_PORT":            "465",
		"POSTRIDER_MAIL_SMTP_ALLOW_PLAINTEXT": "true",
		"POSTRIDER_MAIL_BACKDATE_LIMIT":       "3d",
		"POSTRIDER_FEED_MAX_AGE":              "", // counts as none
		"POSTRIDER_FEED_HUBS":                 "https://hub.example.org/",
		"POSTRIDER_DIGESTS":                   "none",
	})
	m := c.Mail
	if c.Site.Title != "Evening: News # 5" || c.Site.Author.Name != "2026" || m.SMTP.Port != 465 || !m.SMTP.AllowPlaintext ||
		c.BackdateLimit() != 72*time.Hour || time.Duration(c.Feed.MaxAge) != 30*time.Minute || len(c.Feed.Hubs) != 0 || len(c.Digests) != 1 {
		t.Errorf("read %+v", c.Settings)
	}
}

// Every setting that is one value can come from the environment, and is read by
// its kind.
func TestEveryValueHasAVariable(t *testing.T) {
	asked := map[string]bool{}
	if _, err := config.Load(write(t, ""), func(name string) string { asked[name] = true; return "" }); err != nil {
		t.Fatal(err)
	}
	for _, path := range fields("", reflect.TypeFor[config.Settings]()) {
		name := "POSTRIDER_" + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
		list := strings.Contains(path, "[]") || slices.Contains([]string{"feed.hubs", "server.trusted_proxies",
			"server.metrics_allow", "subscribe.origins"}, path)
		if asked[name] == list {
			t.Errorf("%s is asked for: %v", name, asked[name])
		}
	}
}

func TestPaths(t *testing.T) {
	file := write(t, "database: {url: data/list.db}\nmail: {maildir: {path: /var/mail/out}}\ntemplates: {dir: own}\n")
	dir := filepath.Dir(file)
	if err := os.Mkdir(filepath.Join(dir, "own"), 0o700); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(file, env(nil))
	if err != nil {
		t.Fatal(err)
	}
	for got, want := range map[string]string{
		c.DatabasePath():                filepath.Join(dir, "data", "list.db"),
		c.TemplatesDir():                filepath.Join(dir, "own"),
		c.Path(c.Mail.Maildir.Path):     "/var/mail/out",
		c.Path(""):                      "",
		c.Dir():                         dir,
		load(t, "", nil).TemplatesDir(): "",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if err := os.WriteFile(file, []byte("database: {url: postgres://db.example.net/postrider}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(file, env(nil)); err == nil || !strings.Contains(err.Error(), "config.yaml:1: database.url: names a PostgreSQL server") {
		t.Errorf("a server: %v", err)
	}
}

func TestPasswordFile(t *testing.T) {
	file := write(t, "mail: {smtp: {password_file: secret.txt}}\n")
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "secret.txt"), []byte(" hunter2 \r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(file, env(nil))
	if err != nil || string(c.Mail.SMTP.Password) != " hunter2 " || c.SMTP().Password != " hunter2 " {
		t.Errorf("read %q, %v", string(c.Mail.SMTP.Password), err)
	}
}

// A secret is never printed, whatever prints it.
func TestSecretsAreHidden(t *testing.T) {
	c := load(t, "mail: {smtp: {password: hunter2}}\n", nil)
	asJSON, err := json.Marshal(c.Settings)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "settings", c.Settings, "secret", c.Mail.SMTP.Password)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "settings", c.Settings, "secret", c.Mail.SMTP.Password)
	said := []string{string(asJSON), show(t, c.Settings), log.String(), c.Mail.SMTP.Password.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		said = append(said, fmt.Sprintf(verb, c.Mail.SMTP.Password), fmt.Sprintf(verb, c.Settings))
	}
	for _, s := range said {
		if strings.Contains(s, "hunter2") || strings.Contains(strings.ToLower(s), "68756e74657232") {
			t.Errorf("printed %s", s)
		}
		if !strings.Contains(s, "(hidden)") {
			t.Errorf("does not tell that there is a password: %s", s)
		}
	}
	if none := config.Secret(""); fmt.Sprintf("%v|%s", none, none) != "|" {
		t.Errorf("no password is printed as %v", none)
	}
}
