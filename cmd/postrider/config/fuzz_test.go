package config

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"postrider"
)

// FuzzLocate asks of the parser that it never panics, that its faults name the
// file, and that what it takes, Load can decode or tells of in the same way.
func FuzzLocate(f *testing.F) {
	for _, text := range []string{postrider.Config(), "", "site: {title: x}", "digests:\n  - {at: 09:00}\n  - null",
		"a: &x [*x]", "site: &s {title: a}\nmail: *s", "site: {<<: {title: b}}", "? [a]\n: b", "---\n---\n", "\xff\xfe",
		"feed: {hubs: [a, 1, {b: c}]}", "feed: {items: 0x10}", "site: {title: !!binary aGk=}", "site: !!set {title}", "%YAML 1.1\n---\n{}", "site:\n\ttitle: a"} {
		f.Add([]byte(text))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		var fault *Error
		_, where, err := locate("config.yaml", data)
		if err != nil {
			if !errors.As(err, &fault) || fault.File != "config.yaml" || fault.Err == nil || err.Error() == "" {
				t.Fatalf("%q: %v", data, err)
			}
			return
		}
		for key, line := range where.lines {
			if line < 1 {
				t.Errorf("%s stands in line %d", key, line)
			}
		}
		file := filepath.Join(dir, "config.yaml")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load(file, func(string) string { return "" })
		if err != nil && !errors.As(err, &fault) {
			t.Fatalf("%q: %v is no *Error", data, err)
		}
		if err == nil { // what was found good must not make a room panic
			c.FeedSite()
			c.Identity()
			c.SMTP()
		}
	})
}

// FuzzDuration asks that a span which is read is not negative and survives being
// written.
func FuzzDuration(f *testing.F) {
	for _, s := range []string{"30m", "12h", "7d", "1h30m", "0", "0s", "-1h", "65535d", "65536d", "1.5h", "1d12h", "d", "", "99999999h", "1e3s", "７d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var d, again Duration
		if d.UnmarshalText([]byte(s)) != nil {
			return
		}
		if d < 0 {
			t.Fatalf("%q is %s", s, time.Duration(d))
		}
		text, err := d.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if err := again.UnmarshalText(text); err != nil || again != d {
			t.Errorf("%q is written %s and read as %s, %v", s, text, time.Duration(again), err)
		}
	})
}
