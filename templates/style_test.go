package templates

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestContrast holds every text colour of the style sheet to a contrast of 4.5
// on its ground, in light and in dark (WCAG 2.2, success criterion 1.4.3).
func TestContrast(t *testing.T) {
	css, err := defaults.ReadFile(styleFile)
	if err != nil {
		t.Fatal(err)
	}
	light, dark, found := strings.Cut(string(css), "@media (prefers-color-scheme: dark)")
	if !found {
		t.Fatal("there is no dark style")
	}
	for name, sheet := range map[string]struct{ css, ground string }{
		"light": {light, "#ffffff"}, "dark": {dark, "#17191d"},
	} {
		checked := 0
		for _, rule := range regexp.MustCompile(`([^{}]+)\{([^{}]*)\}`).FindAllStringSubmatch(sheet.css, -1) {
			selector, colour := strings.TrimSpace(rule[1]), property(rule[2], "color")
			if colour == "" || strings.Contains(selector, "preheader") {
				continue
			}
			ground := property(rule[2], "background-color")
			if ground == "" {
				ground = sheet.ground
			}
			checked++
			if c := contrast(t, colour, ground); c < 4.5 {
				t.Errorf("%s: %s: %s on %s has a contrast of %.2f", name, selector, colour, ground, c)
			}
		}
		if checked < 5 {
			t.Errorf("%s: only %d colours found", name, checked)
		}
	}
	// Code and its ground come from different rules in light.
	for _, colour := range []string{"#24272c", "#a8361c", "#4a4f56", "#5d636b"} {
		if c := contrast(t, colour, "#f5f3ee"); c < 4.5 || !strings.Contains(light, colour) {
			t.Errorf("%s on the ground of code has a contrast of %.2f", colour, c)
		}
	}
}

// TestPageContrast does the same for pages, whose colours have names: each that
// text is written in, on each that it may stand on.
func TestPageContrast(t *testing.T) {
	for file, pairs := range map[string]string{
		"pages/style.css": "ink/paper ink/card ink/wash strong/paper strong/card strong/wash faint/paper faint/card accent/paper accent/card paper/accent",
		"pages/feed.css":  "ink/paper strong/paper faint/paper",
	} {
		css, err := defaults.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		light, rest, _ := strings.Cut(string(css), "@media (prefers-color-scheme: dark)")
		dark, _, _ := strings.Cut(rest, "}")
		for scheme, text := range map[string]string{"light": light, "dark": dark} {
			for pair := range strings.FieldsSeq(pairs) {
				colour, ground, _ := strings.Cut(pair, "/")
				a, b := property(text, "--"+colour), property(text, "--"+ground)
				if a == "" || b == "" {
					t.Fatalf("%s: %s: no colour for %s", file, scheme, pair)
				}
				if c := contrast(t, a, b); c < 4.5 {
					t.Errorf("%s: %s: %s has a contrast of %.2f", file, scheme, pair, c)
				}
			}
		}
	}
}

func property(declarations, name string) string {
	m := regexp.MustCompile(`(?:^|[;\s])` + name + `: (#[0-9a-f]{6})`).FindStringSubmatch(declarations)
	if m == nil {
		return ""
	}
	return m[1]
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	v, err := strconv.ParseUint(colour[1:], 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i, weight := range []float64{0.0722, 0.7152, 0.2126} {
		c := float64(v>>(8*i)&255) / 255
		if c <= 0.03928 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// TestNothingThatMailForbids looks for what mailbox providers drop or hold
// against a sender.
func TestNothingThatMailForbids(t *testing.T) {
	for _, name := range Names() {
		if strings.HasPrefix(name, "pages/") {
			continue // pages are for browsers
		}
		text, err := defaults.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<script", "<form", "<link", "<iframe", "position:", "position :", "flex", "http://", "@import", "url("} {
			if strings.Contains(strings.ToLower(string(text)), bad) {
				t.Errorf("%s has %s", name, bad)
			}
		}
	}
}
