package main

import (
	"context"
	"fmt"
	"time"

	"postrider/mailer"
	"postrider/store"
)

// progressView is how an issue comes along, as --json shows it.
type progressView struct {
	Rate    float64             `json:"rate"`          // deliveries a second, over the last minute; 0 where nothing can go out now
	Left    float64             `json:"seconds_left"`  // of what can go out now, at this rate and no faster than the settings let it; 0 where that cannot be said
	Quiet   float64             `json:"seconds_quiet"` // for how long nothing was tried, if unusually long while something could be
	Trouble string              `json:"trouble"`       // why who works the outbox can send nothing of it now
	Domains []domainView        `json:"slowest_domains"`
	Others  othersView          `json:"other_domains"`
	Errors  []deliveryErrorView `json:"last_errors"`
}

// othersView is what is left for the domains that are not among the slowest.
type othersView struct {
	Domains int64 `json:"domains"`
	Open    int64 `json:"open"`
}

type domainView struct {
	Domain   string     `json:"domain"`
	Open     int64      `json:"open"`
	Deferred int64      `json:"deferred"`
	Rests    *time.Time `json:"rests_until"` // until when nobody sends to it, because it took no more; null if it does
}

type deliveryErrorView struct {
	State  mailer.DeliveryState `json:"state"`
	Reason string               `json:"reason"`
	Reply  string               `json:"reply"`
	Count  int64                `json:"count"`
	At     *time.Time           `json:"at"`
}

// progressOf looks at the issue with this id, which has total deliveries.
func (s *session) progressOf(ctx context.Context, id string, total int64) (progressView, error) {
	p, err := s.store.IssueProgress(ctx, id, s.now())
	if err != nil {
		return progressView{}, err
	}
	v := progressView{Errors: []deliveryErrorView{}}
	if p.Span > 0 && p.Going > 0 { // else nothing goes at that rate any more
		v.Rate = float64(p.Ended) / p.Span.Seconds()
	}
	switch quiet := s.now().Sub(p.Last); {
	case p.Going == 0 || p.Last.IsZero():
	case silent(quiet, p.Span, p.Ended) || quiet > time.Minute: // all that the rate is of is past
		v.Quiet = quiet.Seconds()
	case v.Rate > 0:
		byDomain, err := s.crowded(ctx, id)
		if err != nil {
			return v, err
		}
		v.Left = max(float64(p.Going)/v.Rate, shortest(s.cfg.Rate(), total, p.Going), byDomain)
	}
	if p.Going > 0 {
		trouble, err := s.store.Trouble(ctx, s.now())
		if err != nil {
			return v, err
		}
		v.Trouble = trouble.Words
	}
	if v.Domains, err = s.domainViews(ctx, p.Slowest); err != nil {
		return v, err
	}
	v.Others = othersView{p.Domains, p.Open}
	for _, d := range p.Slowest {
		v.Others.Domains--
		v.Others.Open -= d.Open
	}
	for _, e := range p.Errors {
		v.Errors = append(v.Errors, deliveryErrorView{e.State, e.Reason, e.Reply, e.Count, instant(e.Last)})
	}
	return v, nil
}

func (s *session) domainViews(ctx context.Context, domains []store.DomainProgress) ([]domainView, error) {
	rests, err := s.resting(ctx)
	if err != nil {
		return nil, err
	}
	views := []domainView{}
	for _, d := range domains {
		views = append(views, domainView{d.Domain, d.Open, d.Deferred, instant(rests[d.Domain])})
	}
	return views, nil
}

// resting tells until when domains are left alone that are now.
func (s *session) resting(ctx context.Context) (map[string]time.Time, error) {
	now := s.now()
	rests, err := s.store.DomainRests(ctx, now)
	until := make(map[string]time.Time)
	for _, rest := range rests {
		if rest.Until.After(now) {
			until[rest.Domain] = rest.Until
		}
	}
	return until, err
}

// rateWords says how fast it goes and how long it will take, or for how long nothing
// has gone that could; nothing where all has ended or waits.
func (v progressView) rateWords() string {
	switch {
	case v.Quiet > 0:
		return "nothing for " + (time.Duration(v.Quiet) * time.Second).String()
	case v.Rate <= 0:
		return ""
	case v.Left > 0:
		return fmt.Sprintf("%.1f a second, %s", v.Rate, left(v.Left))
	}
	return fmt.Sprintf("%.1f a second", v.Rate)
}

func (s *session) printProgress(v progressView) {
	if len(v.Domains) > 0 {
		fmt.Fprintln(s.out, "\nWhat is left, by domain:")
	}
	for _, d := range v.Domains {
		fmt.Fprintf(s.out, "  %d to %s", d.Open, d.Domain)
		if d.Deferred > 0 {
			fmt.Fprintf(s.out, ", %d of them put off", d.Deferred)
		}
		if d.Rests != nil {
			fmt.Fprintf(s.out, "; none is tried before %s", stamp(*d.Rests))
		}
		fmt.Fprintln(s.out)
	}
	if v.Others.Domains > 0 {
		fmt.Fprintf(s.out, "  %d to %s\n", v.Others.Open, count(v.Others.Domains, "other domain"))
	}
	if len(v.Errors) > 0 {
		fmt.Fprintln(s.out, "\nLast errors:")
	}
	for _, e := range v.Errors {
		fmt.Fprintf(s.out, "  %s  %d %s: %s\n", stamp(*e.At), e.Count, e.State, e.Reply)
	}
}

// heldWords names the way out for what is held.
func (v issueView) heldWords() string {
	if v.held == 0 {
		return ""
	}
	return fmt.Sprintf("%s for your word: `postrider issue retry %s --state uncertain`, or cancel",
		plural(v.held, "uncertain waits", "uncertain wait"), v.ID)
}
