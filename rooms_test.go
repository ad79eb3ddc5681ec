package postrider_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport is the plan of the house: which of our packages each room may
// import, and which foreign ones only some may.
var mayImport = map[string][]string{
	"postrider":                      {},
	"postrider/internal/tomlkeys":    {},
	"postrider/post":                 {"internal/tomlkeys"},
	"postrider/templates":            {"internal/tomlkeys"},
	"postrider/newsletter":           {"post"},
	"postrider/feed":                 {"post"},
	"postrider/mailer":               {"newsletter", "post", "templates"},
	"postrider/mailer/smtptest":      {},
	"postrider/scripts/figures":      {},
	"postrider/scripts/benchsend":    {"mailer/smtptest", "scripts/figures"},
	"postrider/scripts/benchfeeds":   {"scripts/figures"},
	"postrider/scripts/benchprogram": {"scripts/figures"},
	"postrider/scripts/benchstore":   {"scripts/figures"},
	"postrider/scripts/benchtable":   {"scripts/figures"},
	"postrider/store":                {"post", "newsletter", "mailer", "feed"},
	"postrider/scheduler":            {"newsletter", "mailer", "post"},
	"postrider/importer":             {"newsletter", "post"},
	"postrider/web":                  {"post", "feed", "newsletter", "mailer", "store", "templates"},
	"postrider/cmd/postrider":        {"*"},
	"postrider/cmd/postrider/config": {"", "post", "newsletter", "feed", "mailer", "web"},
}

// onlyIn are the foreign packages that one place alone may know.
var onlyIn = map[string]string{
	"database/sql":                             "postrider/store",
	"github.com/mattn/go-sqlite3":              "postrider/store",
	"github.com/spf13/viper":                   "postrider/cmd/postrider",
	"github.com/spf13/cobra":                   "postrider/cmd/postrider",
	"github.com/wneessen/go-mail":              "postrider/mailer",
	"github.com/gorilla/feeds":                 "postrider/feed",
	"github.com/microcosm-cc/bluemonday":       "postrider/post",
	"github.com/pelletier/go-toml/v2/unstable": "postrider/internal/tomlkeys",
}

type pkg struct {
	ImportPath string
	Imports    []string
	Doc        string
}

// packages asks the go command, which knows what is really imported.
func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Doc", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("read what go list printed: %v", err)
		}
		all = append(all, p)
	}
}

func TestImportsRunOneWay(t *testing.T) {
	for _, p := range packages(t) {
		allowed, known := mayImport[p.ImportPath]
		if !known {
			t.Errorf("%s is not in the plan of the house; say in mayImport what it may import", p.ImportPath)
			continue
		}
		for _, path := range p.Imports {
			room, ours := strings.CutPrefix(path+"/", "postrider/")
			room = strings.TrimSuffix(room, "/")
			if ours && !slices.Contains(allowed, room) && !slices.Contains(allowed, "*") {
				t.Errorf("%s imports %s, which the plan of the house does not allow", p.ImportPath, path)
			}
		}
	}
}

func TestForeignPackagesStayInTheirRoom(t *testing.T) {
	met := make(map[string]bool) // a rule on what nobody imports could never fail
	for _, p := range packages(t) {
		for _, path := range p.Imports {
			for foreign, room := range onlyIn {
				foreigner := path == foreign || strings.HasPrefix(path, foreign+"/")
				met[foreign] = met[foreign] || foreigner
				inside := p.ImportPath == room || strings.HasPrefix(p.ImportPath, room+"/")
				if foreigner && !inside {
					t.Errorf("%s imports %s, which only %s may know", p.ImportPath, path, room)
				}
			}
		}
	}
	for foreign := range onlyIn {
		if !met[foreign] {
			t.Errorf("nobody imports %s any more; take its rule out", foreign)
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range packages(t) {
		if p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}
