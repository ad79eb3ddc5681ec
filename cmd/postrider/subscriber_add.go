package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"postrider/newsletter"
	"postrider/store"
	"postrider/web"
)

// choices are what a reader wants, as flags.
type choices struct {
	name    string
	cadence string
	topics  []string
}

func (c *choices) flags(cmd *cobra.Command, cadence string) {
	cmd.Flags().StringVar(&c.name, "name", "", "the reader's `NAME`")
	cmd.Flags().StringVar(&c.cadence, "cadence", cadence, "how often (`CADENCE`): instant, daily, weekly or monthly")
	cmd.Flags().StringSliceVar(&c.topics, "topic", nil, "only posts with this `TAG`; repeat for several")
}

// vouching is an operator's word that consent was given elsewhere.
type vouching struct {
	confirmed bool
	consent   string
}

func (v *vouching) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&v.confirmed, "confirmed", false, "consent was given elsewhere: active at once (with --consent)")
	cmd.Flags().StringVar(&v.consent, "consent", "", "what was agreed to, when and where, in your `WORDS`")
}

// state is what a new subscriber starts as.
func (v *vouching) state() (newsletter.State, error) {
	if v.confirmed && strings.TrimSpace(v.consent) == "" {
		return "", usagef("--confirmed needs --consent with what was agreed to, when and where")
	}
	if v.confirmed {
		return newsletter.Active, nil
	}
	return newsletter.Pending, nil
}

// record makes the entry that is kept of it.
func (v *vouching) record(now time.Time, method, source string) newsletter.Consent {
	c := newsletter.Consent{At: now, Action: newsletter.Asked, Text: v.consent, Method: method, Source: source}
	if v.confirmed {
		c.Action = newsletter.Confirmed
	}
	if c.Text == "" {
		c.Text = "Added by the operator; not confirmed yet."
	}
	return c
}

func newSubscriberAdd(a *app) *cobra.Command {
	var c choices
	var v vouching
	var invite bool
	cmd := &cobra.Command{
		Use:   "add EMAIL",
		Short: "Add a subscriber",
		Long: `Add a subscriber, pending until they confirm. No mail goes out unless --invite asks
them to confirm. Where consent was given elsewhere, --confirmed with --consent makes
them active at once and records your words.

Who has left can only come back on their own: --invite asks them.`,
		Args: usage(cobra.ExactArgs(1)),
	}
	c.flags(cmd, string(newsletter.Weekly))
	v.flags(cmd)
	cmd.Flags().BoolVar(&invite, "invite", false, "mail them a link to confirm")
	cmd.RunE = a.inSession(func(ctx context.Context, s *session, args []string) error {
		if invite && v.confirmed {
			return usagef("--invite asks for a confirmation that --confirmed says is there; keep one of them")
		}
		return s.addSubscriber(ctx, args[0], c, v, invite)
	})
	return cmd
}

func (s *session) addSubscriber(ctx context.Context, arg string, c choices, v vouching, invite bool) error {
	n, err := s.newSubscriber(arg, c, v)
	if err != nil {
		return err
	}
	sub, joined, err := s.store.AddSubscriber(ctx, n, s.now())
	if err != nil {
		return err
	}
	if invite && sub.State == newsletter.Pending {
		if err := s.invite(ctx, sub); err != nil {
			return err
		}
	}
	view := struct {
		web.ReaderView
		Action string `json:"action"`
	}{web.ViewReader(sub), string(joined)}
	return s.show(view, func() {
		fmt.Fprintf(s.out, "%s %s: %s, %s\n", joined, sub.Email.Display(), sub.State, sub.Cadence)
		if invite && sub.State == newsletter.Pending {
			fmt.Fprintln(s.out, "queued a mail that asks to confirm; `postrider deliver --until-idle` sends it")
		}
	})
}

func (s *session) newSubscriber(arg string, c choices, v vouching) (store.NewSubscriber, error) {
	n := store.NewSubscriber{}
	state, err := v.state()
	if err != nil {
		return n, err
	}
	if n.Email, err = newsletter.ParseAddress(arg); err != nil {
		return n, err
	}
	if n.Name, err = newsletter.ParseName(c.name); err != nil {
		return n, err
	}
	if n.Cadence, err = s.parseCadence(c.cadence); err != nil {
		return n, err
	}
	if n.Topics, err = newsletter.ParseTopics(c.topics); err != nil {
		return n, err
	}
	n.State, n.Consent, n.Joining = state, v.record(s.now(), "command", "postrider subscriber add"), s.joining(n.Cadence)
	return n, nil
}

// parseCadence reads a cadence and refuses one that no digest serves: its
// readers would wait for ever.
func (s *session) parseCadence(text string) (newsletter.Cadence, error) {
	c, err := newsletter.ParseCadence(text)
	if err != nil {
		return "", usageError{err}
	}
	if _, ok := s.cfg.NewsletterDigests().For(c); !ok {
		return "", fmt.Errorf("no digest is %s; add one under digests: in %s, or choose another cadence", c, s.cfg.File)
	}
	return c, nil
}

// joining says from where a new reader of a cadence is served.
func (s *session) joining(c newsletter.Cadence) store.Joining {
	d, _ := s.cfg.NewsletterDigests().For(c)
	return store.Joining{Digest: d.Name, PeriodStart: c.PeriodStart(s.now())}
}

// invite queues the mail that asks to confirm.
func (s *session) invite(ctx context.Context, sub newsletter.Subscriber) error {
	notifier, err := s.notifier(ctx)
	if err != nil {
		return err
	}
	_, err = notifier.Confirm(ctx, sub.ID, s.now())
	return err
}
