package web

import (
	"fmt"
	"time"

	"postrider/newsletter"
	"postrider/store"
)

// undone names what should have been done some time ago, by this process or by
// others on its database. They have no address to be asked at, and one that has
// ended tells nobody.
func (s *Server) undone(standing store.Standing, now time.Time) (problems []string) {
	add := func(form string, args ...any) { problems = append(problems, fmt.Sprintf(form, args...)) }
	if due := standing.PostDue; !due.IsZero() && now.Sub(due) > longFailing {
		add("a post that was to appear %s ago is not published; does a process with the role scheduler run?", now.Sub(due).Round(time.Second))
	}
	if standing.Lock.Locked() {
		return problems // which keeps digests and mail, and was told
	}
	for _, d := range s.Digests {
		if d.Cadence == newsletter.Instant {
			if due := standing.InstantDue; !due.IsZero() && now.Sub(due) > d.Delay+longFailing {
				add("the digest %s has not taken a post of %s ago; does a process with the role scheduler run?", d.Name, now.Sub(due).Round(time.Second))
			}
			continue
		}
		known := standing.Digests[d.Name]
		agenda := d.Due(now.Add(-longFailing), known.FirstSeen, known.LastDate)
		for _, w := range append(agenda.Missed, agenda.Cut) {
			if !w.IsZero() {
				add("the digest %s of %s is not cut; does a process with the role scheduler run?", d.Name, w.Key)
				break // one tells of all
			}
		}
	}
	switch age, long := standing.Overdue(now); {
	case long && standing.Workers == 0:
		add("mail has been due for %s and no process sends; does one with the role deliver run?", age.Round(time.Second))
	case long:
		add("mail has been due for %s and was not taken", age.Round(time.Second))
	}
	return problems
}
