package main

import (
	"github.com/spf13/cobra"
)

const about = `Postrider publishes posts to readers over two roads: feeds that readers pull
(RSS, Atom, JSON Feed) and mail that is pushed to them (a digest on a schedule,
or one post sent by hand). One program, one SQLite file, any SMTP relay.

Start with ` + "`postrider demo`" + ` to see all of it on bundled posts, or with
` + "`postrider init`" + ` to make a configuration and a first post.`

// newRoot is the table of commands.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:           "postrider",
		Short:         "Publish posts as feeds and as mail",
		Long:          about,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noSuchCommand,
		RunE:          helpOnly,
	}
	root.SuggestionsMinimumDistance = 2
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.CompletionOptions.HiddenDefaultCmd = false

	flags := root.PersistentFlags()
	flags.StringVar(&a.configFile, "config", "", "configuration `FILE`")
	flags.BoolVar(&a.json, "json", false, "print one JSON document on stdout")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "print errors only")
	flags.BoolVarP(&a.verbose, "verbose", "v", false, "log what goes on behind the command")

	root.AddGroup(
		&cobra.Group{ID: "start", Title: "Begin:"},
		&cobra.Group{ID: "write", Title: "Posts and feeds:"},
		&cobra.Group{ID: "list", Title: "The list:"},
		&cobra.Group{ID: "send", Title: "Mail:"},
		&cobra.Group{ID: "operate", Title: "Operate:"},
	)
	for id, commands := range map[string][]*cobra.Command{
		"start": {newInit(a), newDemo(a)},
		"write": {newPost(a), newFeed(a)},
		"list":  {newSubscriber(a)},
		"send":  {newDigest(a), newSend(a), newIssue(a), newDeliver(a), newTemplate(a)},
		"operate": {newServe(a), newDoctor(a), newBackup(a), newRestore(a), newUnlock(a),
			newConfig(a), newVersion(a), newMan(a)},
	} {
		for _, cmd := range commands {
			cmd.GroupID = id
			root.AddCommand(cmd)
		}
	}
	root.SetHelpCommandGroupID("operate")
	root.SetCompletionCommandGroupID("operate")
	return root
}

// group makes a command that only holds others: without one of them it helps,
// with a wrong one it says which was meant.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: noSuchCommand, RunE: helpOnly, SuggestionsMinimumDistance: 2}
	cmd.AddCommand(commands...)
	return cmd
}

func helpOnly(cmd *cobra.Command, _ []string) error { return cmd.Help() }

func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return usagef("%s has no command %q; did you mean %s?", cmd.CommandPath(), args[0], near[0])
	}
	return usagef("%s has no command %q", cmd.CommandPath(), args[0])
}
