package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"postrider/newsletter"
	"postrider/store"
	"postrider/web"
)

func newSubscriber(a *app) *cobra.Command {
	return group("subscriber", "Keep the list of readers",
		newSubscriberAdd(a), newSubscriberSet(a), newSubscriberList(a), newSubscriberShow(a),
		newSubscriberConfirm(a), newSubscriberUnsubscribe(a), newSubscriberErase(a),
		newSubscriberImport(a), newSubscriberExport(a))
}

// findSubscriber reads an address from the command line and looks it up.
func (s *session) findSubscriber(ctx context.Context, arg string) (newsletter.Subscriber, error) {
	address, err := newsletter.ParseAddress(arg)
	if err != nil {
		return newsletter.Subscriber{}, err
	}
	return s.store.Subscriber(ctx, address)
}

func newSubscriberList(a *app) *cobra.Command {
	return a.filtered(&cobra.Command{Use: "list", Short: "List subscribers"},
		func(ctx context.Context, s *session, q store.SubscriberQuery) error { return s.listSubscribers(ctx, q) })
}

func (s *session) listSubscribers(ctx context.Context, q store.SubscriberQuery) error {
	return stream(s.app, each(s.store.Subscribers(ctx, q), web.ViewReader),
		"No subscribers yet. Add one with `postrider subscriber add EMAIL`, or many with `postrider subscriber import FILE`.",
		[]any{"email", "name", "state", "cadence", "topics", "since"},
		func(v web.ReaderView) []any {
			return []any{who(v.Email), v.Name, v.State, v.Cadence, strings.Join(v.Topics, ", "), stamp(v.Created)}
		})
}

// filtered makes a command about the subscribers that its flags choose.
func (a *app) filtered(cmd *cobra.Command, do func(context.Context, *session, store.SubscriberQuery) error) *cobra.Command {
	var states []string
	var cadence, topic string
	cmd.Args = usage(cobra.NoArgs)
	cmd.Flags().StringSliceVar(&states, "state", nil, "only subscribers in this `STATE`: pending, active, unsubscribed, bounced, complained, erased")
	cmd.Flags().StringVar(&cadence, "cadence", "", "only this `CADENCE`: instant, daily, weekly, monthly")
	cmd.Flags().StringVar(&topic, "topic", "", "only who chose this `TAG`")
	cmd.RunE = a.inSession(func(ctx context.Context, s *session, _ []string) error {
		q, err := subscriberQuery(states, cadence, topic)
		if err != nil {
			return err
		}
		return do(ctx, s, q)
	})
	return cmd
}

func subscriberQuery(states []string, cadence, topic string) (store.SubscriberQuery, error) {
	var q store.SubscriberQuery
	for _, text := range states {
		state, err := newsletter.ParseState(text)
		if err != nil {
			return q, usageError{err}
		}
		q.States = append(q.States, state)
	}
	if cadence != "" {
		c, err := newsletter.ParseCadence(cadence)
		if err != nil {
			return q, usageError{err}
		}
		q.Cadence = c
	}
	topics, err := newsletter.ParseTopics([]string{topic})
	if topic != "" && err != nil {
		return q, usageError{err}
	}
	if len(topics) > 0 {
		q.Topic = topics[0]
	}
	return q, nil
}

func newSubscriberShow(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show EMAIL",
		Short: "Show one subscriber: consent, events, and every mail",
		Args:  usage(cobra.ExactArgs(1)),
		RunE: a.inSession(func(ctx context.Context, s *session, args []string) error {
			sub, err := s.findSubscriber(ctx, args[0])
			if err != nil {
				return err
			}
			file, err := web.ReadFile(ctx, s.store, sub)
			if err != nil {
				return err
			}
			return s.show(file, func() { s.printSubscriber(sub, file) })
		}),
	}
}

func (s *session) printSubscriber(sub newsletter.Subscriber, f web.ReaderFile) {
	s.facts(
		[2]string{"email", who(sub.Email)},
		[2]string{"name", sub.Name},
		[2]string{"state", string(sub.State)},
		[2]string{"cadence", string(sub.Cadence)},
		[2]string{"topics", strings.Join(sub.Topics, ", ")},
		[2]string{"paused until", stamp(sub.PausedUntil)},
		[2]string{"since", stamp(sub.Created)},
		[2]string{"id", sub.ID.String()},
		[2]string{"served up to", fmt.Sprintf("publication %d", sub.Cursor)},
	)
	if len(f.Requests) > 0 && sub.State != newsletter.Active {
		fmt.Fprintln(s.out, "\nAsked for, and not confirmed")
		t := s.table()
		for _, r := range f.Requests {
			t.AppendRow([]any{stamp(r.At), r.Cadence, strings.Join(r.Topics, ", "), r.Name, "link good until " + stamp(r.Expires)})
		}
		t.Render()
	}
	if len(f.Consent) > 0 {
		fmt.Fprintln(s.out, "\nConsent")
		t := s.table()
		for _, c := range f.Consent {
			t.AppendRow([]any{stamp(c.At), c.Action, c.Method, c.Text, c.Source})
		}
		t.Render()
	}
	if len(f.Events) > 0 {
		fmt.Fprintln(s.out, "\nEvents")
		t := s.table()
		for _, e := range f.Events {
			t.AppendRow([]any{stamp(e.At), e.Kind, e.Detail})
		}
		t.Render()
	}
	if len(f.Deliveries) > 0 {
		fmt.Fprintln(s.out, "\nMail")
		t := s.table()
		for _, d := range f.Deliveries {
			t.AppendRow([]any{stamp(d.At), d.State, d.Subject, "issue " + d.Issue, d.Reply})
		}
		t.Render()
	}
}

// who names a reader, also one of whom nothing is left.
func who(a newsletter.Address) string { return cmp.Or(a.Display(), "(erased)") }
