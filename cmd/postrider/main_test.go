package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"postrider/mailer/smtptest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"postrider": main, "postrider-hampered": hampered, "sqlite3": sqliteShell})
}

// TestScripts runs the commands as people do, from files that read like a
// session at a terminal.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("TZ", "UTC")
			env.Setenv("GORACE", quickExit)
			env.Values[relayKey{}] = &relay{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"json":     cmdJSON,
			"status":   cmdStatus,
			"smtp":     cmdSMTP,
			"received": cmdReceived,
			"mails":    cmdMails,
			"settings": cmdSettings,
			"repeat":   cmdRepeat,
			"onejson":  cmdOneJSON,
		},
	})
}

// json FILE PATH WANT compares a value of a JSON document: json stdout 0.slug
// hello. A path that ends in len is the length of a list.
func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: json FILE PATH WANT")
	}
	var doc any
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &doc); err != nil {
		ts.Fatalf("%s is not JSON: %v", args[0], err)
	}
	got, err := dig(doc, strings.Split(args[1], "."))
	if err != nil {
		ts.Fatalf("%s: %v", args[1], err)
	}
	if (got == args[2]) == neg {
		ts.Fatalf("%s is %q, want %q (negated: %v)", args[1], got, args[2], neg)
	}
}

func dig(v any, path []string) (string, error) {
	if len(path) == 0 || path[0] == "" {
		if s, ok := v.(string); ok {
			return s, nil
		}
		text, err := json.Marshal(v)
		return string(text), err
	}
	switch v := v.(type) {
	case map[string]any:
		if path[0] == "len" {
			return strconv.Itoa(len(v)), nil
		}
		child, ok := v[path[0]]
		if !ok {
			return "", fmt.Errorf("no key %q", path[0])
		}
		return dig(child, path[1:])
	case []any:
		if path[0] == "len" {
			return strconv.Itoa(len(v)), nil
		}
		i, err := strconv.Atoi(path[0])
		if err != nil || i >= len(v) {
			return "", fmt.Errorf("no item %q in a list of %d", path[0], len(v))
		}
		return dig(v[i], path[1:])
	}
	return "", fmt.Errorf("no %q in %v", path[0], v)
}

// status CODE COMMAND… runs a command and compares its exit status.
func cmdStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status CODE COMMAND ARG…")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("run %s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit status %d, want %s", got, args[0])
	}
}

// relay is the SMTP server of one script, once it has started one.
type relay struct{ *smtptest.Server }

type relayKey struct{}

// rule makes the server answer one step in its own way.
type rule struct {
	verb  smtptest.Verb
	match string
	times int // 0: always
	reply string
}

// smtp [RULE…] starts a server and sets $SMTP_PORT. A rule is VERB:ADDRESS:TIMES:REPLY
// such as RCPT:bob@:1:451 4.3.0 later; a reply "drop" hangs up.
func cmdSMTP(ts *testscript.TestScript, neg bool, args []string) {
	var rules []*rule
	for _, arg := range args {
		f := strings.SplitN(arg, ":", 4)
		if len(f) != 4 {
			ts.Fatalf("%q is no rule VERB:ADDRESS:TIMES:REPLY", arg)
		}
		times, err := strconv.Atoi(f[2])
		ts.Check(err)
		rules = append(rules, &rule{smtptest.Verb(f[0]), f[1], times, f[3]})
	}
	srv, err := smtptest.Start(smtptest.Options{Script: func(s smtptest.Step) smtptest.Action { return obey(rules, s) }})
	ts.Check(err)
	ts.Defer(func() { srv.Close() })
	ts.Setenv("SMTP_PORT", strconv.Itoa(srv.Port()))
	ts.Value(relayKey{}).(*relay).Server = srv
}

func obey(rules []*rule, s smtptest.Step) smtptest.Action {
	for _, r := range rules {
		if r.verb != s.Verb || !strings.Contains(s.To+s.Arg, r.match) || r.times < 0 {
			continue
		}
		if r.times > 0 {
			if r.times--; r.times == 0 {
				r.times = -1
			}
		}
		if r.reply == "drop" {
			return smtptest.Action{Drop: true}
		}
		return smtptest.Action{Reply: r.reply}
	}
	return smtptest.Action{}
}

// received ADDRESS N says that the server took N messages for an address; "" is
// any.
func cmdReceived(ts *testscript.TestScript, neg bool, args []string) {
	srv := ts.Value(relayKey{}).(*relay)
	if neg || len(args) != 2 || srv.Server == nil {
		ts.Fatalf("usage: received ADDRESS N, after smtp")
	}
	n := 0
	for _, m := range srv.Messages() {
		if args[0] == "" || m.To == args[0] {
			n++
		}
	}
	if strconv.Itoa(n) != args[1] {
		ts.Fatalf("the server took %d messages for %q, want %s", n, args[0], args[1])
	}
}

// mails DIR N [ADDRESS TEXT…] says that a Maildir holds N messages, one of them
// to the address with each text in it, decoded.
func cmdMails(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: mails DIR N [ADDRESS TEXT…]")
	}
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "new", "*"))
	ts.Check(err)
	if strconv.Itoa(len(files)) != args[1] {
		ts.Fatalf("%s holds %d messages, want %s", args[0], len(files), args[1])
	}
	if len(args) == 2 {
		return
	}
	found := slices.ContainsFunc(files, func(file string) bool {
		data, err := os.ReadFile(file)
		ts.Check(err)
		return holds(data, args[2], args[3:])
	})
	if found == neg {
		ts.Fatalf("a message to %s with %q: found is %v", args[2], args[3:], found)
	}
}

// settings KEY=VALUE… changes lines of config.yaml, by the last part of the key.
func cmdSettings(ts *testscript.TestScript, neg bool, args []string) {
	path := ts.MkAbs("config.yaml")
	lines := strings.Split(ts.ReadFile("config.yaml"), "\n")
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(strings.TrimLeft(l, " -"), key+":") })
		if !ok || i < 0 {
			ts.Fatalf("config.yaml has no line %q", key)
		}
		before, _, _ := strings.Cut(lines[i], key+":")
		lines[i] = before + key + ": " + value
	}
	ts.Check(os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o644))
}

// repeat FILE N TEXT writes a file of N times the text.
func cmdRepeat(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: repeat FILE N TEXT")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), bytes.Repeat([]byte(args[2]), n), 0o644))
}
