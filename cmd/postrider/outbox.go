package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// usualPatience is for how long a relay may be out of reach before a command
// gives up; what is queued stays queued.
const usualPatience = 30 * time.Second

// outbox wires the ledger, the moulds and the transport together, for a process that from
// now on ends in order only.
func (s *session) outbox(ctx context.Context) (*mailer.Outbox, error) {
	outliveReaders()
	transport, err := s.transport()
	if err != nil {
		return nil, err
	}
	personalizer, err := s.personalizer(ctx)
	if err != nil {
		return nil, err
	}
	self, err := mailer.Self()
	if err != nil {
		return nil, err
	}
	filler := &mailer.Filler{Moulds: s.store, Personalizer: personalizer, ReturnPath: string(s.cfg.From().Address)}
	return &mailer.Outbox{
		Queue:       s.store,
		Ledger:      s.store,
		Transport:   transport,
		Fill:        filler.Fill,
		Connections: s.cfg.Mail.SMTP.Connections,
		Rate:        s.cfg.Rate(),
		Domains:     s.cfg.DomainLimits(),
		Peers:       s.store,
		Rests:       s.store,
		Pause:       s.pauses.noting(s.store.PauseIssue),
		Troubled:    s.store.NoteTrouble,
		Hold:        s.cfg.Hold(),
		Process:     self,
		Now:         s.now,
		Log:         s.logger(),
		Patience:    cmp.Or(s.patience, usualPatience),
	}, nil
}

// deliver works the outbox until nothing more of these issues can be done now:
// every delivery has ended, or waits for a retry or for the operator. Another
// process may do the work; it is watched all the same.
func (s *session) deliver(ctx context.Context, issues []string) error {
	box, err := s.outbox(ctx)
	if err != nil {
		return err
	}
	bar := s.progress("delivering")
	bar.limit = box.Rate
	defer bar.end()
	byDomain := s.crowds(issues...)
	defer byDomain.end()
	resumed := false
	moving := func(ctx context.Context) (bool, error) {
		for _, id := range issues {
			if moving, err := s.store.Moving(ctx, id); err != nil || moving {
				return moving, err
			}
		}
		return false, nil
	}
	err = box.Run(ctx, seldom(bar.every(), moving, func(ctx context.Context) (bool, error) {
		done, total, ready := int64(0), int64(0), int64(0)
		settled := true
		var tallies []mailer.Tally
		for _, id := range issues {
			tally, over, err := s.standing(ctx, id)
			if err != nil {
				return false, err
			}
			total += tally.Total()
			done += tally.Total() - tally.Open()
			ready += going(tally, over)
			settled = settled && over
			tallies = append(tallies, tally)
		}
		if !resumed {
			bar.resume(done)
			resumed = true
		}
		bar.next = nextOf(tallies...)
		bar.least = byDomain.left(ctx)
		bar.setReady(done, total, ready)
		return settled, nil
	}))
	if err == nil {
		err = ctx.Err()
	}
	return err
}

// seldom asks whether all is over, which takes long where a million deliveries are counted
// for it: for a twentieth of the time at the most, and while something moves no more than
// every so often. When nothing does any more it asks at once, for another twentieth. In
// between the answer is no.
func seldom(every time.Duration, moving, over func(context.Context) (bool, error)) func(context.Context) (bool, error) {
	var asked, stopped time.Time // when it asked last, and when because nothing moved any more
	var took time.Duration
	moved := false
	return func(ctx context.Context) (bool, error) {
		moves, err := moving(ctx)
		if err != nil {
			return false, err
		}
		stops := moved && !moves
		moved = moves
		wait := 20 * took
		if moves {
			wait = max(wait, every)
		}
		switch now := time.Now(); {
		case now.Sub(asked) >= wait:
		case stops && now.Sub(stopped) >= wait:
			stopped = now
		default:
			return false, nil
		}
		asked = time.Now()
		is, err := over(ctx)
		took = time.Since(asked)
		return is, err
	}
}

// standing is how an issue stands and whether there is nothing more to do for
// it now.
func (s *session) standing(ctx context.Context, id string) (mailer.Tally, bool, error) {
	is, err := s.store.Issue(ctx, id)
	if err != nil {
		return mailer.Tally{}, false, err
	}
	tally, err := s.store.Tally(ctx, id)
	if err != nil {
		return tally, false, err
	}
	switch is.State {
	case newsletter.Paused:
		tally.NextDue = time.Time{} // a pause has no end that is known
		return tally, tally.Claimed == 0, nil
	case newsletter.Expanding:
		return tally, false, nil
	}
	return tally, tally.Settled(), nil
}

// going is how many mails take of the time that is left: none where all is over for now.
func going(tally mailer.Tally, over bool) int64 {
	if over {
		return 0
	}
	return tally.Open() - tally.Later
}

// nextOf is when the first mail can go out, where none can now; else zero.
func nextOf(tallies ...mailer.Tally) (next time.Time) {
	for _, tally := range tallies {
		if !tally.Idle() {
			return time.Time{}
		}
		if due := tally.NextDue; !due.IsZero() && (next.IsZero() || due.Before(next)) {
			next = due
		}
	}
	return next
}

// sendTest brings one composed message to an address, past ledger and cursors.
func (s *session) sendTest(ctx context.Context, c mailer.Composed, arg string) error {
	to, err := newsletter.ParseAddress(arg)
	if err != nil {
		return err
	}
	transport, err := s.transport()
	if err != nil {
		return err
	}
	personal, err := s.nobody(ctx, to)
	if err != nil {
		return err
	}
	conn, err := transport.Open(ctx)
	if err != nil {
		return err
	}
	env := mailer.Envelope{From: string(s.cfg.From().Address), To: string(to), MessageID: c.Mould.MessageID(personal)}
	reply, err := conn.Send(ctx, env, c.Mould.AppendTo(nil, personal))
	// The answer to the message is all that counts: relays hang up as they like.
	if closing := conn.Close(); closing != nil {
		s.logger().Debug("connection did not end in order", "error", closing)
	}
	if err != nil {
		return fmt.Errorf("send the test to %s: %w", to, err)
	}
	view := map[string]string{"email": string(to), "subject": c.Subject, "reply": reply}
	return s.show(view, func() { fmt.Fprintf(s.out, "sent %q to %s as a test\n", c.Subject, to.Display()) })
}
