package main

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"postrider/cmd/postrider/config"
	"postrider/mailer"
	"postrider/templates"
	"postrider/web"
)

func newTemplate(a *app) *cobra.Command {
	return group("template", "See, copy and check the templates", newTemplateList(a), newTemplateExport(a), newTemplateCheck(a))
}

type templateView struct {
	Name   string `json:"name"`
	Source string `json:"source"` // the user's file, or "" for the one built in
}

func newTemplateList(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the templates and where each comes from",
		Args:  usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			cfg, err := a.settings()
			if err != nil {
				return err
			}
			set, err := templates.Load(cfg.TemplatesDir())
			if err != nil {
				return err
			}
			var views []templateView
			for _, name := range set.Files() {
				views = append(views, templateView{name, set.Own(name)})
			}
			return list(a, views, "", []any{"template", "source"}, func(v templateView) []any { return []any{v.Name, cmp.Or(v.Source, "built in")} })
		},
	}
}

func newTemplateExport(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "export DIR",
		Short: "Copy the built-in templates into a folder, to change them there",
		Long: `Copy the built-in templates into a folder, leaving alone what is there already.
Name the folder as templates.dir in the configuration, change what you like and
delete the copies that you leave as they are.`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			written, kept, err := templates.Export(args[0])
			if err != nil {
				return err
			}
			return a.show(written, func() {
				for _, path := range written {
					fmt.Fprintln(a.out, path)
				}
				if len(kept) > 0 {
					fmt.Fprintf(a.out, "kept %s of yours; to have one as built in, delete it and export again\n", count(len(kept), "file"))
				}
			})
		},
	}
}

func newTemplateCheck(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Find errors in the templates, with file and line",
		Args:  usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			cfg, err := a.settings()
			if err != nil {
				return err
			}
			set, err := checkTemplates(cfg)
			if err != nil {
				return err
			}
			if words := foreignWords(cfg, set); words != "" {
				a.warn("%s; write words/%s.toml among your templates", words, cfg.Site.Language)
			}
			return a.show(map[string]bool{"ok": true}, func() { fmt.Fprintln(a.out, "The templates are in order.") })
		},
	}
}

// checkTemplates tries every template and subject.
func checkTemplates(cfg *config.Config) (*templates.Set, error) {
	set, err := templates.Load(cfg.TemplatesDir())
	if err != nil {
		return nil, err
	}
	composer, err := mailer.NewComposer(set, cfg.Identity())
	if err != nil {
		return nil, err
	}
	_, fault := web.Pages(set, cfg.Site.Language)
	return set, errors.Join(fault, checkDigests(cfg, composer))
}

// foreignWords says that pages and mails are not in the language of the site; "" if
// they are.
func foreignWords(cfg *config.Config, set *templates.Set) string {
	if set.Speaks(cfg.Site.Language) {
		return ""
	}
	return fmt.Sprintf("site.language is %s, for which no words are built in: those of pages and mails stay English", cfg.Site.Language)
}

// checkDigests tries what each digest would be made with.
func checkDigests(cfg *config.Config, composer *mailer.Composer) error {
	var faults []error
	for i, d := range cfg.NewsletterDigests() {
		faults = append(faults, composer.CheckDigest(cfg.DigestPlace(i)+": digest "+d.Name, d.Template, d.Subject, d.Full))
	}
	return errors.Join(faults...)
}
