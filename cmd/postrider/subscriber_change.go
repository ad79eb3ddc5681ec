package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"postrider/newsletter"
	"postrider/store"
	"postrider/web"
)

func newSubscriberSet(a *app) *cobra.Command {
	var c choices
	cmd := &cobra.Command{
		Use:   "set EMAIL",
		Short: "Change a subscriber's name, cadence or topics",
		Long: `Change what the flags name and leave the rest. Moving between cadences misses no
post and repeats none. --topic "" takes all topics away, which means every post.`,
		Args: usage(cobra.ExactArgs(1)),
	}
	c.flags(cmd, "")
	cmd.RunE = a.inSession(func(ctx context.Context, s *session, args []string) error {
		changed := cmd.Flags().Changed
		if !changed("name") && !changed("cadence") && !changed("topic") {
			return usagef("nothing to change; give --name, --cadence or --topic")
		}
		var cadence newsletter.Cadence
		var err error
		if changed("cadence") {
			if cadence, err = s.parseCadence(c.cadence); err != nil {
				return err
			}
		}
		name, err := newsletter.ParseName(c.name)
		if err != nil {
			return err
		}
		topics, err := newsletter.ParseTopics(c.topics)
		if err != nil {
			return err
		}
		return s.showChanged(s.changeSubscriber(ctx, args[0], "changed", store.Record{}, func(sub newsletter.Subscriber) (newsletter.Subscriber, error) {
			if changed("name") {
				sub.Name = name
			}
			if changed("cadence") {
				sub.Cadence = cadence
			}
			if changed("topic") {
				sub.Topics = topics
			}
			return sub, nil
		}))
	})
	return cmd
}

func newSubscriberConfirm(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "confirm EMAIL…",
		Short: "Make pending or bounced subscribers active, on your word",
		Long: `Make subscribers active, on your word: who is pending because they agreed elsewhere,
and who bounced because a server was wrong, once their mailbox works. Who unsubscribed
can only come back on their own, and who complained never.

Of several, those who cannot be are told, with exit status 1; the others are active.
--json prints an array of those where more than one is named.`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: a.inSession(func(ctx context.Context, s *session, args []string) error {
			if len(args) > 1 {
				return s.confirmSubscribers(ctx, args)
			}
			return s.showChanged(s.confirmSubscriber(ctx, args[0]))
		}),
	}
}

func (s *session) confirmSubscribers(ctx context.Context, args []string) error {
	var faults []error
	views := []web.ReaderView{}
	for _, arg := range args {
		sub, err := s.confirmSubscriber(ctx, arg)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			faults = append(faults, fmt.Errorf("%s: %w", arg, err))
		default:
			views = append(views, web.ViewReader(sub))
		}
	}
	return errors.Join(append(faults, s.show(views, func() {}))...)
}

func (s *session) confirmSubscriber(ctx context.Context, arg string) (newsletter.Subscriber, error) {
	sub, err := s.findSubscriber(ctx, arg)
	if err != nil {
		return sub, err
	}
	joining := s.joining(sub.Cadence)
	record := store.Record{By: newsletter.Operator, Joining: &joining, Consent: &newsletter.Consent{
		At: s.now(), Action: newsletter.Confirmed, Method: "command",
		Text: "Confirmed by the operator.", Source: "postrider subscriber confirm"}}
	return s.changeSubscriber(ctx, arg, "confirmed", record, func(sub newsletter.Subscriber) (newsletter.Subscriber, error) {
		return sub.Confirm(newsletter.Operator, s.now())
	})
}

func newSubscriberUnsubscribe(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "unsubscribe EMAIL",
		Short: "Take a subscriber off the list",
		Long: `Take a subscriber off the list. Mail that is on its way to them stops where it is,
and no import or command brings them back: only they can.`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: a.inSession(func(ctx context.Context, s *session, args []string) error {
			return s.showChanged(s.changeSubscriber(ctx, args[0], "unsubscribed", s.withdrawal("Unsubscribed by the operator."),
				func(sub newsletter.Subscriber) (newsletter.Subscriber, error) { return sub.Leave(s.now()), nil }))
		}),
	}
}

func newSubscriberErase(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "erase EMAIL",
		Short: "Remove all personal data of a subscriber",
		Long: `Remove all personal data of a subscriber. What was sent stays counted, without
the address; a keyed digest of it remains, so that no import mails them again.`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: a.inSession(func(ctx context.Context, s *session, args []string) error {
			return s.showChanged(s.changeSubscriber(ctx, args[0], "erased", s.withdrawal("Erased by the operator."),
				func(sub newsletter.Subscriber) (newsletter.Subscriber, error) { return sub.Erase(s.now()), nil }))
		}),
	}
}

func (s *session) withdrawal(words string) store.Record {
	return store.Record{By: newsletter.Operator, Consent: &newsletter.Consent{
		At: s.now(), Action: newsletter.Withdrew, Method: "command", Text: words}}
}

// changeSubscriber applies a rule of the list to one subscriber and says so to people.
func (s *session) changeSubscriber(ctx context.Context, arg, done string, record store.Record, to store.Change) (newsletter.Subscriber, error) {
	address, err := newsletter.ParseAddress(arg)
	if err != nil {
		return newsletter.Subscriber{}, err
	}
	sub, err := s.store.ChangeSubscriber(ctx, address, to, record, s.now())
	if err == nil {
		s.say("%s %s: %s, %s", done, address.Display(), sub.State, sub.Cadence)
	}
	return sub, err
}

// showChanged says to programs what became of a subscriber, unless that failed.
func (s *session) showChanged(sub newsletter.Subscriber, err error) error {
	if err != nil {
		return err
	}
	return s.show(web.ViewReader(sub), func() {})
}
