package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"postrider"
)

// examples are the files that people copy from, by their names.
func examples(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for _, pattern := range []string{"../../contrib/*", "../../docs/*.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all[filepath.Base(file)] = string(data)
		}
	}
	return all
}

// Commands and flags in the examples are those of the program.
func TestExamplesNameRealCommands(t *testing.T) {
	a, _, _ := consoleApp(t)
	call := regexp.MustCompile("(?:^ {4}|^#? *docker exec news |ExecStart=/usr/local/bin/|-u postrider |&& |`|^# +docker run.* )postrider ([a-z][^`&|#\"]*)")
	checked := 0
	for name, text := range examples(t) {
		for line := range strings.Lines(text) {
			for _, m := range call.FindAllStringSubmatch(strings.TrimRight(line, "\n"), -1) {
				checked++
				cmd, rest, err := newRoot(a).Find(strings.Fields(m[1]))
				if err != nil || cmd.Parent() == nil {
					t.Errorf("%s: there is no %q: %v", name, m[0], err)
					continue
				}
				for _, arg := range rest {
					flag, _, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
					if strings.HasPrefix(arg, "--") && cmd.Flags().Lookup(flag) == nil && cmd.InheritedFlags().Lookup(flag) == nil {
						t.Errorf("%s: %s has no %s", name, cmd.CommandPath(), arg)
					}
				}
			}
		}
	}
	if checked < 10 {
		t.Errorf("only %d calls were found", checked)
	}
}

// Settings in the examples, and variables that override them, exist.
func TestExamplesNameRealSettings(t *testing.T) {
	var doc map[string]any
	if err := yaml.Unmarshal([]byte(postrider.Config()), &doc); err != nil {
		t.Fatal(err)
	}
	known := make(map[string]bool)
	var walk func(path string, v any)
	walk = func(path string, v any) {
		known[path] = true
		if group, ok := v.(map[string]any); ok {
			for name, below := range group {
				walk(strings.TrimPrefix(path+"."+name, "."), below)
			}
		}
	}
	walk("", doc)
	variables := make(map[string]bool)
	for path := range known {
		variables["POSTRIDER_"+strings.ToUpper(strings.ReplaceAll(path, ".", "_"))] = true
	}
	setting := regexp.MustCompile(`\b(?:site|database|server|feed|subscribe|mail|templates)\.[a-z_]+(?:\.[a-z_]+)*\b`)
	inline := regexp.MustCompile(`\b(site|database|server|feed|subscribe|mail): \{([a-z_]+):`)
	variable := regexp.MustCompile(`\bPOSTRIDER_[A-Z_]+\b`)
	isFile := regexp.MustCompile(`\.(db|xml|json|yaml)$`)
	checked := 0
	for name, text := range examples(t) {
		paths := setting.FindAllString(text, -1)
		for _, m := range inline.FindAllStringSubmatch(text, -1) {
			paths = append(paths, m[1]+"."+m[2])
		}
		for _, path := range paths {
			if checked++; !known[path] && !isFile.MatchString(path) {
				t.Errorf("%s: there is no setting %s", name, path)
			}
		}
		for _, v := range variable.FindAllString(text, -1) {
			if checked++; !variables[v] {
				t.Errorf("%s: no setting goes by %s", name, v)
			}
		}
	}
	if checked < 15 {
		t.Errorf("only %d names were found", checked)
	}
}

// A proxy's example leads to where the program listens unless told otherwise, and
// keeps from the world what is the operator's.
func TestExamplesOfProxies(t *testing.T) {
	all := examples(t)
	for _, name := range []string{"Caddyfile", "nginx.conf"} {
		for _, want := range []string{"127.0.0.1:8080", "/metrics", "/readyz", "404", "trusted_proxies"} {
			if !strings.Contains(all[name], want) {
				t.Errorf("%s has no %s", name, want)
			}
		}
	}
}
