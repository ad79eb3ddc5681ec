package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// consoleApp is an app with nothing around it.
func consoleApp(t *testing.T) (a *app, out, errs *bytes.Buffer) {
	t.Helper()
	out, errs = new(bytes.Buffer), new(bytes.Buffer)
	a = &app{in: strings.NewReader(""), out: out, err: errs, getenv: func(string) string { return "" },
		now: func() time.Time { return time.Date(2026, 3, 5, 17, 30, 0, 0, time.UTC) }}
	return a, out, errs
}

// runs executes a command line that must end well, and returns what it printed.
func runs(t *testing.T, args ...string) string {
	t.Helper()
	a, out, errs := consoleApp(t)
	if code := a.run(t.Context(), args); code != exitDone || errs.Len() > 0 {
		t.Fatalf("%q: exit %d, %s", args, code, errs)
	}
	return out.String()
}

// commands gives every command that people can call.
func commands(t *testing.T) []*cobra.Command {
	t.Helper()
	a, _, _ := consoleApp(t)
	root := newRoot(a)
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	var all []*cobra.Command
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		all = append(all, c)
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk(root)
	return all
}

// ours tells a command of this program from those that cobra adds.
func ours(c *cobra.Command) bool {
	path := c.CommandPath()
	return !strings.HasPrefix(path, "postrider completion") && path != "postrider help"
}

func TestEveryCommandExplainsItself(t *testing.T) {
	for _, c := range commands(t) {
		path := c.CommandPath()
		first, _ := utf8.DecodeRuneInString(c.Short)
		if !unicode.IsUpper(first) || strings.HasSuffix(c.Short, ".") || len(c.Short) > 80 {
			t.Errorf("%s: short is %q", path, c.Short)
		}
		if !ours(c) {
			continue
		}
		for line := range strings.Lines(c.Long) {
			if utf8.RuneCountInString(strings.TrimRight(line, "\n")) > 90 {
				t.Errorf("%s: too long for a terminal: %s", path, line)
			}
		}
		if c.Args == nil {
			t.Errorf("%s takes any arguments", path)
		}
		if !c.HasSubCommands() && c.RunE == nil {
			t.Errorf("%s does nothing", path)
		}
		if c.Parent() != nil && c.Parent().Parent() == nil && c.GroupID == "" {
			t.Errorf("%s stands in no group of the help", path)
		}
		c.Flags().VisitAll(func(f *pflag.Flag) { explains(t, path, f) })
		c.PersistentFlags().VisitAll(func(f *pflag.Flag) { explains(t, path, f) })
	}
}

func explains(t *testing.T, path string, f *pflag.Flag) {
	t.Helper()
	if f.Usage == "" || strings.HasSuffix(f.Usage, ".") || strings.ToLower(f.Name) != f.Name || strings.Contains(f.Name, "_") {
		t.Errorf("%s --%s: usage is %q", path, f.Name, f.Usage)
	}
}

// Commands that mail people, or change much at once, say more than a line of it.
func TestWeightyCommandsSayMore(t *testing.T) {
	weighty := []string{"init", "demo", "send", "deliver", "digest send", "post sync", "post add", "post withdraw", "subscriber add",
		"subscriber import", "subscriber erase", "issue cancel", "issue retry", "issue prune", "backup", "restore", "unlock", "doctor", "feed render", "template export"}
	for _, c := range commands(t) {
		name := strings.TrimPrefix(c.CommandPath(), "postrider ")
		if slices.Contains(weighty, name) {
			weighty = slices.DeleteFunc(weighty, func(w string) bool { return w == name })
			if c.Long == "" && c.Example == "" {
				t.Errorf("%s has a line of help only", name)
			}
		}
	}
	if len(weighty) > 0 {
		t.Errorf("there is no %q", weighty)
	}
}

func TestHelpOfEveryCommand(t *testing.T) {
	for _, c := range commands(t) {
		args := strings.Fields(c.CommandPath())[1:]
		if text := runs(t, append(args, "--help")...); !strings.Contains(text, "Usage:\n  "+c.CommandPath()) {
			t.Errorf("help of %s:\n%s", c.CommandPath(), text)
		}
	}
}

func TestHelpIsAsPeopleKnowIt(t *testing.T) {
	golden := filepath.Join("testdata", "help.golden")
	got := runs(t, "--help")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the help is not that of %s; if that is meant, run go test ./cmd/postrider -update and read the difference:\n%s", golden, got)
	}
}

func TestManualPages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man")
	if got := runs(t, "man", dir); !strings.Contains(got, dir) {
		t.Errorf("says %q", got)
	}
	pages := 0
	for _, c := range commands(t) {
		if !c.IsAvailableCommand() && c.HasParent() || c.Name() == "help" {
			continue
		}
		pages++
		name := strings.ReplaceAll(c.CommandPath(), " ", "-")
		page, err := os.ReadFile(filepath.Join(dir, name+".1"))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, part := range []string{`.TH "` + strings.ToUpper(name) + `" "1"`, ".SH NAME", ".SH SYNOPSIS", "Postrider"} {
			if !strings.Contains(string(page), part) {
				t.Errorf("the page of %s has no %q", c.CommandPath(), part)
			}
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != pages {
		t.Errorf("%d pages of %d commands, %v", len(files), pages, err)
	}
	// A second run, on another day, writes the same.
	other := filepath.Join(t.TempDir(), "man")
	runs(t, "man", other)
	for _, f := range files {
		a, errA := os.ReadFile(filepath.Join(dir, f.Name()))
		b, errB := os.ReadFile(filepath.Join(other, f.Name()))
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs between runs: %v, %v", f.Name(), errA, errB)
		}
	}
}

func TestCompletions(t *testing.T) {
	for shell, has := range map[string]string{
		"bash": "complete -o default -F __start_postrider postrider", "zsh": "#compdef postrider",
		"fish": "complete -c postrider", "powershell": "Register-ArgumentCompleter -CommandName 'postrider'",
	} {
		if got := runs(t, "completion", shell); !strings.Contains(got, has) {
			t.Errorf("%s gets no %q", shell, has)
		}
	}
	// What the shells ask for while somebody types.
	for _, c := range []struct {
		typed []string
		offer string
	}{
		{[]string{"sub"}, "subscriber\t"}, {[]string{"digest", ""}, "preview\t"}, {[]string{"post", "list", "--st"}, "--state\t"},
	} {
		a, out, _ := consoleApp(t)
		if code := a.run(t.Context(), append([]string{"__complete"}, c.typed...)); code != exitDone || !strings.Contains(out.String(), c.offer) {
			t.Errorf("%q offers %q, want %q", c.typed, out, c.offer)
		}
	}
}
