package main

import (
	"context"
	"log/slog"
	"time"

	"postrider/mailer"
	"postrider/store"
)

// endings has the log of a service say what became of each issue that ends while it
// delivers, whoever brought the last mail.
type endings struct {
	store *store.Store
	since time.Time       // when the service began, then when it was looked last, less a while
	told  map[string]bool // of those that have ended since
}

// lateEnding is how much older the end of an issue may be than when it is seen: it is
// dated before it is written.
const lateEnding = time.Minute

// tell logs the issues that have ended and were not told.
func (e *endings) tell(ctx context.Context, now time.Time, log *slog.Logger) error {
	ended, err := e.store.EndedIssues(ctx, e.since)
	if err != nil {
		return err
	}
	before := e.told
	e.told = make(map[string]bool, len(ended))
	for _, is := range ended {
		e.told[is.ID] = true
		if before[is.ID] {
			continue
		}
		tally, err := e.store.Tally(ctx, is.ID)
		if err != nil {
			return err
		}
		args := []any{"issue", is.ID, "digest", is.Digest, "state", is.State}
		for _, state := range mailer.DeliveryStates() {
			if n := tally.Count[state]; n > 0 {
				args = append(args, string(state), n)
			}
		}
		log.Info("issue ended", args...)
	}
	if late := now.Add(-lateEnding); late.After(e.since) {
		e.since = late
	}
	return nil
}
