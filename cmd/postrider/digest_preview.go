package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"postrider/mailer"
	"postrider/newsletter"
	"postrider/scheduler"
)

func newDigestPreview(a *app) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "preview [NAME]",
		Short: "Print a digest as it would be sent now",
		Long: `Print a digest as it would be sent now to somebody who has just subscribed: its
HTML, its text, or with --format eml the whole message. Nothing is stored or sent.`,
		Args: usage(cobra.MaximumNArgs(1)),
	}
	cmd.Flags().StringVar(&format, "format", "text", "`FORM`: html, text or eml")
	cmd.RunE = a.inSession(func(ctx context.Context, s *session, args []string) error {
		if !slices.Contains([]string{"html", "text", "eml"}, format) {
			return usagef("--format is html, text or eml, not %q", format)
		}
		d, err := s.digest(args)
		if err != nil {
			return err
		}
		composed, err := s.composePreview(ctx, d)
		if errors.Is(err, scheduler.ErrNothingNew) {
			return s.nothingNew(ctx, d)
		}
		if err != nil {
			return err
		}
		return s.printComposed(ctx, composed, format)
	})
	return cmd
}

// nothingNew says why there is no mail to show.
func (s *session) nothingNew(ctx context.Context, d newsletter.Digest) error {
	last, ok, err := s.store.LastWindow(ctx, d.Name)
	if err != nil {
		return err
	}
	return s.show(nil, func() {
		if ok {
			fmt.Fprintf(s.out, "Nothing new to send since the %s digest of %s.\n", d.Name, stamp(last.At))
			return
		}
		fmt.Fprintf(s.out, "Nothing new to send: no post of the last %s may be mailed.\n", period(d.Cadence))
	})
}

func period(c newsletter.Cadence) string {
	return map[newsletter.Cadence]string{newsletter.Instant: "moment", newsletter.Daily: "day",
		newsletter.Weekly: "week", newsletter.Monthly: "month"}[c]
}

// composePreview composes a digest for a reader who joined just now.
func (s *session) composePreview(ctx context.Context, d newsletter.Digest) (mailer.Composed, error) {
	cutter, err := s.cutter()
	if err != nil {
		return mailer.Composed{}, err
	}
	if _, err := s.store.PublishDue(ctx, s.now()); err != nil {
		return mailer.Composed{}, err
	}
	cursor, err := s.store.StartCursor(ctx, s.joining(d.Cadence))
	if err != nil {
		return mailer.Composed{}, err
	}
	pubs, err := s.store.Publications(ctx, cursor)
	if err != nil {
		return mailer.Composed{}, err
	}
	composed, err := cutter.ComposeDigest(ctx, d, newsletter.Group{Cursor: cursor}, pubs)
	if err != nil {
		return mailer.Composed{}, err
	}
	for _, w := range composed.Warnings {
		s.warn("%s", w)
	}
	return composed, nil
}

// printComposed prints one form of a message. The personal values in it are
// those of nobody: their links lead nowhere.
func (s *session) printComposed(ctx context.Context, c mailer.Composed, format string) error {
	personal, err := s.nobody(ctx, s.cfg.From().Address)
	if err != nil {
		return err
	}
	message := c.Mould.AppendTo(nil, personal)
	text, html, err := c.Mould.Parts(personal)
	if err != nil {
		return err
	}
	if s.json {
		return s.printJSON(map[string]string{"subject": c.Subject, "html": html, "text": text, "eml": string(message)})
	}
	switch format {
	case "html":
		return s.copyOut([]byte(html))
	case "eml":
		return s.copyOut(message)
	default:
		return s.copyOut(fmt.Appendf(nil, "Subject: %s\n\n%s", c.Subject, text))
	}
}

// nobody gives the personal values of an address that is no subscriber, for
// previews and tests.
func (s *session) nobody(ctx context.Context, to newsletter.Address) (mailer.Personal, error) {
	p, err := s.personalizer(ctx)
	if err != nil {
		return mailer.Personal{}, err
	}
	return p.Personal(mailer.Delivery{IssueID: rand.Text(), To: to}), nil
}
