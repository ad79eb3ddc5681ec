package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

func newUnlock(a *app) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "unlock",
		Short: "Let a copied or restored database send",
		Long: `Let a database send that was copied or restored. Such a one publishes posts, serves
feeds and keeps the list, but cuts no issue and sends nothing except what --test
asks for, because the database that it was copied from sends as well: readers would
get everything twice, and those who left since would get mail again.

Unlock it when no other database sends in its place, or never will again. What waits
in it is then sent: an issue that was under way when the copy was made goes on from
where it stood at that moment. If the other database has sent it since, end it first:
"postrider issue cancel ID --sent-elsewhere".

At a terminal it asks first, unless --yes.`,
		Args: usage(cobra.NoArgs),
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmd.RunE = a.inSession(func(ctx context.Context, s *session, _ []string) error {
		return s.unlock(ctx, yes)
	})
	return cmd
}

// unlockView is what unlock did, as --json shows it.
type unlockView struct {
	Database  string `json:"database"`
	WasLocked bool   `json:"was_locked"`
	Reason    string `json:"reason"`  // why it was; "" if it was not
	Waiting   int64  `json:"waiting"` // mails that may go out now
}

func (s *session) unlock(ctx context.Context, yes bool) error {
	lock, err := s.store.Lock(ctx)
	if err != nil {
		return err
	}
	tally, err := s.store.Tally(ctx, "")
	if err != nil {
		return err
	}
	view := unlockView{s.store.Path(), lock.Locked(), lock.Reason(), tally.Open()}
	if !lock.Locked() {
		return s.show(view, func() { fmt.Fprintln(s.out, "The database is not locked.") })
	}
	// Who runs this in a script has said so by its name; there is nobody to ask.
	if terminal(s.in) {
		question := fmt.Sprintf("%s has been locked since %s: %s. %s.\nDoes no other database send in its place?",
			view.Database, stamp(lock.Since), view.Reason, waitingWords(view.Waiting))
		if err := s.ask(ctx, question, yes); err != nil {
			return err
		}
	}
	if _, err := s.store.Unlock(ctx, s.now()); err != nil {
		return err
	}
	return s.show(view, func() {
		fmt.Fprintf(s.out, "unlocked %s: it may send from now on. %s.\n", view.Database, waitingWords(view.Waiting))
	})
}

func waitingWords(n int64) string {
	if n == 0 {
		return "No mail waits in it"
	}
	return count(n, "mail") + " in it will be sent by `postrider deliver` or `serve`, also what another database has sent" +
		" since; to end that first, see `postrider issue list` and `issue cancel ID --sent-elsewhere`"
}

// maySend refuses to begin what a locked database would not let end. The store
// looks again at every step.
func (s *session) maySend(ctx context.Context) error {
	lock, err := s.store.Lock(ctx)
	if err != nil {
		return err
	}
	if err := lock.Refusal(); err != nil {
		return fmt.Errorf("%s: %w", s.store.Path(), err)
	}
	return nil
}
