package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"postrider/cmd/postrider/config"
	"postrider/mailer"
	"postrider/newsletter"
	"postrider/store"
)

// house looks at the database and what stands in it. An error is of the look itself.
func (e *examination) house(ctx context.Context, a *app, cfg *config.Config) error {
	s, err := a.openStore(ctx, cfg, true)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		e.bad("database", databaseAdvice(err), "%v", err)
		return nil
	}
	defer s.store.Close()
	for _, look := range []func(context.Context, *session) error{
		e.database, e.ledger, e.clock, e.lock, e.outbox, e.issues, e.cadences,
	} {
		if err := look(ctx, s); err != nil {
			if ctx.Err() != nil {
				return err
			}
			e.bad("database", databaseAdvice(err), "%v", err)
		}
	}
	return nil
}

// databaseAdvice is for a database that cannot be read. A backup is put in its place only
// where there is nothing else to mend.
func databaseAdvice(err error) string {
	switch {
	case errors.Is(err, store.ErrMissing):
		return "see that its disk is there, too; `postrider restore` puts a backup in its place"
	case errors.Is(err, store.ErrFull):
		return "free space on its disk; nothing in it is lost"
	case errors.Is(err, store.ErrBusy):
		return "wait for the other process, or stop it"
	case errors.Is(err, store.ErrReadOnly):
		return "let the user that runs Postrider write the file and its folder"
	case errors.Is(err, store.ErrAccess):
		return "look at its disk and at who may read it"
	}
	return "see what it says; `postrider restore` puts a backup in its place"
}

func (e *examination) database(ctx context.Context, s *session) error {
	problems, err := s.store.Check(ctx)
	if err != nil {
		return err
	}
	for _, p := range problems {
		e.bad("database", "stop everything that uses it, keep a copy, and restore a backup: postrider restore FILE --force", "%s", p)
	}
	if err := s.store.Writable(ctx); err != nil && !errors.Is(err, store.ErrBusy) { // whom it waits for can write
		return err
	}
	e.unlessFound("database", "%s is whole", s.store.Path())
	return nil
}

func (e *examination) ledger(ctx context.Context, s *session) error {
	broken, err := s.store.Invariants(ctx)
	if err != nil {
		return err
	}
	const advice = "no command of Postrider does that: something else has written here; restore a backup, or report it"
	for _, b := range broken {
		e.bad("ledger", cmp.Or(b.Advice, advice), "%s", b)
	}
	e.unlessFound("ledger", "no row contradicts another")
	return nil
}

// clock finds what a clock that ran ahead has noted. Where this one is behind, everything
// looks so; only a person can tell.
func (e *examination) clock(ctx context.Context, s *session) error {
	now := s.now()
	ahead, err := s.store.Ahead(ctx, now)
	if err != nil {
		return err
	}
	if len(ahead) > 0 {
		e.doubt("clock", "see that the time of this machine is right; if so, postrider digest list (or serve) undoes it",
			"it is %s, and this is of days to come and holds digests and mail up: %s", stamp(now), strings.Join(ahead, ", "))
	}
	e.unlessFound("clock", "nothing is noted for days to come")
	return nil
}

func (e *examination) lock(ctx context.Context, s *session) error {
	standing, err := s.store.Standing(ctx, s.now())
	lock := standing.Lock
	switch {
	case err != nil:
		return err
	case lock.Locked():
		e.doubt("lock", "if no other database sends in its stead, run `postrider unlock`",
			"it sends nothing since %s: %s", stamp(lock.Since), lock.Reason())
	case standing.Unnoted != nil:
		e.doubt("lock", "let the user that runs Postrider write in that folder; who sends next writes the note anew",
			"it may send; %v", standing.Unnoted)
	case !lock.Unlocked.IsZero():
		e.ok("lock", "it may send; unlocked at %s", stamp(lock.Unlocked))
	default:
		e.ok("lock", "it may send")
	}
	return nil
}

func (e *examination) outbox(ctx context.Context, s *session) error {
	now := s.now()
	held, since, err := s.store.Abandoned(ctx, now)
	if err != nil {
		return err
	}
	standing, err := s.store.Standing(ctx, now)
	if err != nil {
		return err
	}
	trouble, err := s.store.Trouble(ctx, now)
	if err != nil {
		return err
	}
	tally, err := s.store.Tally(ctx, "")
	if err != nil {
		return err
	}
	advice := "run `postrider serve`, or `postrider deliver --until-idle`"
	if standing.Lock.Locked() {
		advice = "see to the lock first; then " + advice
	}
	_, long := standing.Overdue(now)
	switch {
	case held > 0:
		e.doubt("outbox", advice, "a process that has been dead since %s had taken %s", stamp(since), count(held, "mail"))
	case trouble.Words != "" && !tally.Idle():
		e.doubt("outbox", "see to what it says; then mail goes out by itself",
			"who sends cannot since %s: %s", stamp(trouble.Since), trouble.Words)
	case long:
		e.doubt("outbox", advice, "mail has been due since %s and nobody takes it", stamp(standing.OldestDue))
	}
	rests, err := s.resting(ctx)
	if err != nil {
		return err
	}
	e.unlessFound("outbox", "%s to send%s", count(tally.Open(), "mail"), waitingFor(tally, rests))
	return nil
}

// waitingFor says what keeps mails from going out now, where all is in order.
func waitingFor(tally mailer.Tally, rests map[string]time.Time) (words string) {
	if tally.Later > 0 {
		words = fmt.Sprintf(", %d of them later or once you have decided", tally.Later)
	}
	if tally.Open() == 0 {
		return words
	}
	const few = 3
	for i, domain := range slices.Sorted(maps.Keys(rests)) {
		if i == few {
			return words + fmt.Sprintf("; %s more are left alone", count(len(rests)-few, "domain"))
		}
		words += fmt.Sprintf("; none to %s before %s", domain, stamp(rests[domain]))
	}
	return words
}

// issues finds those that wait for a person.
func (e *examination) issues(ctx context.Context, s *session) error {
	all, err := s.store.Issues(ctx, 0)
	if err != nil {
		return err
	}
	for _, is := range all {
		if is.State.Ended() {
			continue
		}
		tally, err := s.store.Tally(ctx, is.ID)
		if err != nil {
			return err
		}
		uncertain := tally.Count[mailer.Uncertain]
		switch {
		case is.State == newsletter.Paused:
			e.doubt("issues", fmt.Sprintf("see to the reason; then postrider issue resume %s, or cancel", is.ID),
				"issue %s is paused with %s to send%s", is.ID, count(tally.Open()-tally.Held, "mail"), reasonFor(is.Note))
		case uncertain > 0 && (s.cfg.Hold() || tally.Claimed+tally.Due == 0 && tally.NextDue.IsZero()):
			e.doubt("issues", fmt.Sprintf("postrider issue retry %s --state uncertain, or cancel", is.ID),
				"%s of issue %s may have arrived and wait for your word", count(uncertain, "mail"), is.ID)
		}
	}
	e.unlessFound("issues", "%s, none waits for you", count(len(all), "issue"))
	return nil
}

// reasonFor stands behind that an issue is paused, and says why.
func reasonFor(note string) string {
	switch note {
	case "":
		return ""
	case byOperator:
		return ", " + byOperator
	}
	return ": " + note
}

// cadences finds readers whom no digest reaches.
func (e *examination) cadences(ctx context.Context, s *session) error {
	counts, err := s.store.CountSubscribers(ctx)
	if err != nil {
		return err
	}
	served := make(map[newsletter.Cadence]bool)
	for _, d := range s.cfg.NewsletterDigests() {
		served[d.Cadence] = true
	}
	for _, cadence := range newsletter.Cadences() {
		if n := counts[newsletter.Active][cadence]; n > 0 && !served[cadence] {
			e.doubt("digests", "add a digest with cadence: "+string(cadence)+" to config.yaml, or move them: postrider subscriber set",
				"no digest has cadence %s, which %s", cadence, plural(int64(n), "reader wants", "readers want"))
		}
	}
	e.unlessFound("digests", "%s", count(len(served), "cadence"))
	return nil
}
