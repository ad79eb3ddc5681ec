package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"
)

func newMan(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the manual pages of every command into a folder",
		Args:  usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true
			pages, err := writeManual(root, args[0])
			if err != nil {
				return fmt.Errorf("write manual pages: %w", err)
			}
			view := map[string]any{"directory": args[0], "pages": pages}
			return a.show(view, func() { fmt.Fprintf(a.out, "%s in %s\n", count(pages, "manual page"), args[0]) })
		},
	}
}

// writeManual writes the page of a command and of those below it, and counts them.
func writeManual(cmd *cobra.Command, dir string) (pages int, err error) {
	if !cmd.IsAvailableCommand() && cmd.HasParent() || cmd.IsAdditionalHelpTopicCommand() {
		return 0, nil
	}
	// A date of its own keeps pages from differing with the day they are made on.
	date := time.Date(2026, time.November, 24, 0, 0, 0, 0, time.UTC)
	var page bytes.Buffer
	header := &doc.GenManHeader{Section: "1", Source: "Postrider " + version, Manual: "Postrider", Date: &date}
	if err := doc.GenMan(cmd, header, &page); err != nil {
		return 0, err
	}
	name := strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".1"
	if err := os.WriteFile(filepath.Join(dir, name), flagsAsTyped(cmd, page.Bytes()), 0o644); err != nil {
		return 0, err
	}
	pages = 1
	for _, sub := range cmd.Commands() {
		n, err := writeManual(sub, dir)
		if err != nil {
			return 0, err
		}
		pages += n
	}
	return pages, nil
}

// generatedFlag is a flag as cobra writes it, --json[=false], and what it does.
var generatedFlag = regexp.MustCompile(`(?m)^((?:\\fB-\w\\fP, )?\\fB--([\w-]+)\\fP)\[?=.*\n\t(.*)$`)

// flagsAsTyped writes flags as people type them: --json, --config FILE.
func flagsAsTyped(cmd *cobra.Command, page []byte) []byte {
	return generatedFlag.ReplaceAllFunc(page, func(found []byte) []byte {
		part := generatedFlag.FindSubmatch(found)
		flag := cmd.Flag(string(part[2]))
		if flag == nil {
			return found
		}
		line := string(part[1])
		if value, _ := pflag.UnquoteUsage(flag); value != "" {
			line += ` \fI` + strings.ToUpper(value) + `\fP`
		}
		does := string(part[3])
		if set := flag.DefValue; set != "" && set != "false" && set != "0" && set != "[]" && set != "0s" {
			does += " (without it: " + strings.Trim(set, "[]") + ")"
		}
		return []byte(".TP\n" + line + "\n" + does)
	})
}
