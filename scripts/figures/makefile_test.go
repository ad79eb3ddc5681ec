package figures

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What people may set for `make bench` reaches a bench, and means nothing else to
// the Makefile: a name that stood for flags of the compiler there broke the build.
func TestVariablesOfMakeBench(t *testing.T) {
	read := func(paths ...string) (all string) {
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			all += string(data)
		}
		return all
	}
	makefile := read("../../Makefile")
	help := regexp.MustCompile(`(?m)^bench: ##.*$`).FindString(makefile)
	names := regexp.MustCompile(`\b[A-Z]+=`).FindAllString(help, -1)
	if len(names) < 4 {
		t.Fatalf("the help of bench names only %q: %s", names, help)
	}
	scripts, err := filepath.Glob("../bench-*")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("benches %q, %v", scripts, err)
	}
	benches := read(scripts...)
	for _, name := range names {
		name = strings.TrimSuffix(name, "=")
		if !strings.Contains(benches, "${"+name+":-") {
			t.Errorf("no bench asks for %s", name)
		}
		if regexp.MustCompile(`(?m)^` + name + `\s*[:?+]?=`).MatchString(makefile) {
			t.Errorf("the Makefile uses %s for something else", name)
		}
	}
}
