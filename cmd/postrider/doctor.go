package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"postrider/cmd/postrider/config"
	"postrider/mailer"
)

// finding is what doctor says of one matter, as --json shows it.
type finding struct {
	Check   string       `json:"check"`
	State   mailer.Grade `json:"state"`
	Message string       `json:"message"`
	Advice  string       `json:"advice"` // what to do next; "" if nothing
}

// doctorOptions are what `postrider doctor` is told.
type doctorOptions struct {
	mail     bool
	selector string
}

// errUnwell is said by doctor's own report.
var errUnwell = errors.New("doctor found something that is wrong")

func newDoctor(a *app) *cobra.Command {
	var o doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what is wrong, and say what to do",
		Long: `Look at the settings, the templates, who may read secrets, the room on the disk, the
database and every row of the ledger (whether one contradicts another, or is missing),
what a clock that ran ahead has noted, whether it may send, and whether mail lies about
that nobody sends. It changes nothing and may run beside "serve".

With --mail it also logs in to the relay, sending nothing, and looks up what the DNS
says of the domain of mail.from: SPF, DKIM, DMARC and where replies go.

Exit status 1 means that something is wrong; warnings alone are 0.`,
		Args: usage(cobra.NoArgs),
	}
	cmd.Flags().BoolVar(&o.mail, "mail", false, "also try the relay and look at the DNS")
	cmd.Flags().StringVar(&o.selector, "selector", "", "the DKIM selector `NAME` that the relay signs with, for --mail")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context(), o) }
	return cmd
}

// doctor looks at one matter after the other. What it cannot look at because of an
// earlier finding it leaves out.
func (a *app) doctor(ctx context.Context, o doctorOptions) error {
	var e examination
	cfg, err := a.settings()
	if wrong, ok := errors.AsType[*config.Error](err); ok {
		e.bad("settings", "mend it, and run this again for the rest", "%v", wrong)
		return errors.Join(a.printFindings(e), err)
	}
	if err != nil {
		return err
	}
	e.settings(cfg)
	e.secrets(cfg)
	e.templates(cfg)
	e.disk(cfg, a.room)
	if err := e.house(ctx, a, cfg); err != nil {
		return err
	}
	if o.mail {
		e.mail(ctx, a, cfg, o.selector)
	}
	if err := a.printFindings(e); err != nil {
		return err
	}
	if e.has(mailer.Bad) {
		return errUnwell
	}
	return nil
}

// examination gathers findings.
type examination []finding

func (e *examination) ok(check, format string, args ...any) {
	*e = append(*e, finding{check, mailer.Good, fmt.Sprintf(format, args...), ""})
}

func (e *examination) doubt(check, advice, format string, args ...any) {
	*e = append(*e, finding{check, mailer.Doubt, fmt.Sprintf(format, args...), advice})
}

func (e *examination) bad(check, advice, format string, args ...any) {
	*e = append(*e, finding{check, mailer.Bad, fmt.Sprintf(format, args...), advice})
}

// unlessFound adds that a matter is in order if nothing else was found in it.
func (e *examination) unlessFound(check, format string, args ...any) {
	for _, f := range *e {
		if f.Check == check {
			return
		}
	}
	e.ok(check, format, args...)
}

func (e examination) has(grade mailer.Grade) bool {
	for _, f := range e {
		if f.State == grade {
			return true
		}
	}
	return false
}

func (a *app) printFindings(e examination) error {
	return a.show([]finding(e), func() {
		for _, f := range e {
			fmt.Fprintf(a.out, "%-4s  %-12s %s\n", f.State, f.Check, indented(f.Message, 19))
			if f.Advice != "" {
				fmt.Fprintf(a.out, "%19s→ %s\n", "", f.Advice)
			}
		}
	})
}

// indented keeps the further lines of a text below its first.
func indented(text string, by int) string {
	return strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", by))
}
