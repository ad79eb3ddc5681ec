package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"postrider/store"
)

func newBackup(a *app) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write the database into a file, while everything goes on",
		Long: `Write the database as it stands at this moment into one file, checked and on disk.
Pages, sign-ups and sending go on meanwhile. FILE appears when it is whole; one that
exists is replaced only with --force. If a log lies beside it (FILE-wal), somebody has
worked in it: then it is kept with its log, under a name with the time.

The file holds every address and the key of every link in your mails: keep it as you
keep the database. It is locked: what is restored from it sends nothing until
"postrider unlock". Your posts' folder, pictures, templates and config.yaml are not in it.`,
		Args: usage(cobra.ExactArgs(1)),
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace FILE if it exists")
	cmd.RunE = a.inStore(func(ctx context.Context, s *session, args []string) error {
		done, err := s.store.Backup(ctx, args[0], force, s.now())
		if err != nil {
			return err
		}
		path, err := filepath.Abs(args[0])
		if err != nil {
			return err
		}
		view := map[string]any{"file": path, "bytes": done.Size, "kept": done.Kept}
		return s.show(view, func() {
			fmt.Fprintf(s.out, "backed up into %s, %s\n", args[0], octets(done.Size))
			if done.Kept != "" {
				fmt.Fprintf(s.out, "a log lay beside it; what was there is kept under names that begin with %s\n", done.Kept)
			}
		})
	})
	return cmd
}

// restoreView is what restore did, as --json shows it.
type restoreView struct {
	Database string     `json:"database"`
	Made     *time.Time `json:"made"` // when the backup was; null for a plain copy
	Kept     string     `json:"kept"` // the former database; "" if there was none
	Bytes    int64      `json:"bytes"`
	Locked   bool       `json:"locked"`
}

func newRestore(a *app) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup in the place of the database",
		Long: `Put a backup where the configuration says that the database is. FILE is only read,
and looked at first: one that is damaged or not Postrider's changes nothing.

If there is a database, --force is needed; it is kept beside the new one under a name
with the time. Stop "serve" before: a database that another process has open is not
replaced.

What was restored sends nothing until "postrider unlock". What was sent after the
backup was made is not known in it, and readers who left since are still there: look
before you unlock ("postrider issue list"), and end what the former database has sent
since with "postrider issue cancel ID --sent-elsewhere".`,
		Args: usage(cobra.ExactArgs(1)),
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace the database that is there, and keep it beside")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cfg, err := a.settings()
		if err != nil {
			return err
		}
		path := cfg.DatabasePath()
		done, err := store.Restore(cmd.Context(), args[0], path, force, a.now())
		if err != nil {
			return err
		}
		view := restoreView{path, instant(done.Made), done.Kept, done.Size, true}
		return a.show(view, func() { a.printRestored(args[0], view) })
	}
	return cmd
}

func (a *app) printRestored(from string, v restoreView) {
	made := ""
	if v.Made != nil {
		made = ", made at " + stamp(*v.Made)
	}
	fmt.Fprintf(a.out, "restored %s from %s%s, %s\n", v.Database, from, made, octets(v.Bytes))
	if v.Kept != "" {
		fmt.Fprintf(a.out, "the former database is %s\n", v.Kept)
	}
	fmt.Fprintln(a.out, "It sends nothing until you run `postrider unlock`. Before that, see `postrider issue list`: what is open there and\n"+
		"was sent since is ended with `postrider issue cancel ID --sent-elsewhere`.")
}

// octets is a size for people.
func octets(n int64) string {
	const unit = 1024
	if n < unit {
		return count(n, "byte")
	}
	size, names := float64(n)/unit, "KMGTPE"
	for size >= unit {
		size, names = size/unit, names[1:]
	}
	return fmt.Sprintf("%.1f %ciB", size, names[0])
}
