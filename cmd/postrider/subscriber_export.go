package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"postrider/importer"
	"postrider/newsletter"
	"postrider/store"
)

func newSubscriberExport(a *app) *cobra.Command {
	return a.filtered(&cobra.Command{Use: "export", Short: "Print the list as CSV, as import reads it"}, export)
}

func export(ctx context.Context, s *session, q store.SubscriberQuery) error {
	if s.json {
		return s.listSubscribers(ctx, q)
	}
	w := importer.NewWriter(s.out)
	for sub, err := range s.store.Subscribers(ctx, q) {
		if err != nil {
			return err
		}
		if sub.State == newsletter.Erased {
			continue // nothing is left to export
		}
		row := importer.Row{Email: sub.Email, Name: sub.Name, State: sub.State, Cadence: sub.Cadence,
			Topics: sub.Topics, Created: sub.Created}
		if err := w.Write(row); err != nil {
			return fmt.Errorf("write the list: %w", err)
		}
	}
	return w.Flush()
}
