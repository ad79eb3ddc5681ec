package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"postrider/cmd/postrider/config"
)

func newConfig(a *app) *cobra.Command {
	return group("config", "Look at the settings", newConfigShow(a))
}

func newConfigShow(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "Print every setting as it is in force, secrets hidden",
		Args:  usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			cfg, err := a.settings()
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(struct {
					File string `json:"file"`
					config.Settings
				}{cfg.File, cfg.Settings})
			}
			text, err := yaml.Marshal(cfg.Settings)
			if err != nil {
				return fmt.Errorf("print the settings: %w", err)
			}
			a.say("# %s", cfg.File)
			return a.copyOut(text)
		},
	}
}

// version is the release this source makes; CHANGELOG.md says what is in it.
const version = "0.1.0"

func newVersion(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			view := map[string]string{"version": version, "revision": revision(), "go": runtime.Version()}
			return a.show(view, func() {
				fmt.Fprintln(a.out, strings.TrimSpace("postrider "+version+" "+revision()))
			})
		},
	}
}

// revision is the commit that the program was built from, if the build knew.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}
