package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"postrider/mailer"
	"postrider/newsletter"
	"postrider/store"
)

// deliveryView is one row of the ledger as --json shows it.
type deliveryView struct {
	ID       newsletter.ID        `json:"id"` // the subscriber's
	Email    newsletter.Address   `json:"email"`
	State    mailer.DeliveryState `json:"state"`
	Attempts int                  `json:"attempts"`
	At       *time.Time           `json:"at"`
	Due      *time.Time           `json:"due"`
	Reason   string               `json:"reason"`
	Reply    string               `json:"reply"`
}

func viewDelivery(row store.DeliveryRow) deliveryView {
	return deliveryView{row.Subscriber, row.Email, row.State, row.Attempts,
		instant(row.At), instant(row.Due), row.Reason, row.Reply}
}

func newIssueDeliveries(a *app) *cobra.Command {
	var states []string
	cmd := &cobra.Command{
		Use:   "deliveries ID",
		Short: "List what became of an issue for every reader",
		Args:  usage(cobra.ExactArgs(1)),
	}
	cmd.Flags().StringSliceVar(&states, "state", nil, "only deliveries in this `STATE`: "+deliveryStateNames())
	cmd.RunE = a.inSession(func(ctx context.Context, s *session, args []string) error {
		wanted, err := parseDeliveryStates(states)
		if err != nil {
			return err
		}
		id, err := s.store.IssueID(ctx, args[0])
		if err != nil {
			return err
		}
		pruned, err := s.store.Pruned(ctx, id)
		if err != nil {
			return err
		}
		if !pruned.IsZero() {
			s.warn("the deliveries of this issue were pruned at %s; `postrider issue show %s` has their counts", stamp(pruned), id)
		}
		return stream(a, each(s.store.Deliveries(ctx, id, wanted), viewDelivery), "No such deliveries.",
			[]any{"email", "state", "tries", "at", "reason", "reply"},
			func(v deliveryView) []any {
				return []any{who(v.Email), v.State, v.Attempts, stamp(*v.At), v.Reason, v.replyWords()}
			})
	})
	return cmd
}

// replyWords is what the server said last, or why nobody heard it.
func (v deliveryView) replyWords() string {
	if v.State == mailer.Uncertain && v.Reply == "" {
		return "its sender was killed"
	}
	return v.Reply
}

func deliveryStateNames() string {
	var names []string
	for _, state := range mailer.DeliveryStates() {
		names = append(names, string(state))
	}
	return strings.Join(names, ", ")
}

func parseDeliveryStates(texts []string) ([]mailer.DeliveryState, error) {
	var states []mailer.DeliveryState
	for _, text := range texts {
		state := mailer.DeliveryState(text)
		if !slices.Contains(mailer.DeliveryStates(), state) {
			return nil, usagef("%q is no state of a delivery; choose %s", text, deliveryStateNames())
		}
		states = append(states, state)
	}
	return states, nil
}
