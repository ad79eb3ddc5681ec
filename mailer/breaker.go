package mailer

import (
	"fmt"
	"strings"
	"sync"
)

// When an issue is paused: too many of its messages are refused for good, or the
// sender is. To go on would spoil the sender's name with every relay.
const (
	breakerOutcomes = 500  // look at shares only beyond so many
	breakerShare    = 0.05 // of them refused for good
	burstSpan       = 50   // within so many outcomes in a row,
	burstRefusals   = 20   // so many refusals for reasons of policy (5.7.x)
)

// breaker counts what becomes of the messages of each issue that this run sends.
type breaker struct {
	mu      sync.Mutex
	byIssue map[string]*record
}

type record struct {
	outcomes, refused int
	policy            [burstSpan]bool // of the last outcomes
	burst             int             // how many of them are true
}

// observe notes an outcome and says why its issue should be paused, or "". Having
// said it, it begins to count anew: an operator who resumes the issue knows.
func (b *breaker) observe(issue string, serr *SendError) (reason string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.byIssue[issue]
	if r == nil {
		r = &record{}
		b.byIssue[issue] = r
	}
	r.count(serr)
	switch {
	case r.burst >= burstRefusals:
		reason = fmt.Sprintf("%d of the last %d mails were refused for reasons of policy, the last with: %s",
			r.burst, min(r.outcomes, burstSpan), serr.Reply)
	case r.outcomes >= breakerOutcomes && float64(r.refused) > breakerShare*float64(r.outcomes):
		reason = fmt.Sprintf("%d of %d mails were refused for good", r.refused, r.outcomes)
		if serr != nil && serr.Reply != "" {
			reason += ", the last with: " + serr.Reply
		}
	default:
		return ""
	}
	delete(b.byIssue, issue)
	return reason
}

func (r *record) count(serr *SendError) {
	at := &r.policy[r.outcomes%burstSpan]
	if *at {
		r.burst--
	}
	hard := serr != nil && serr.Fate == Permanent
	*at = hard && strings.HasPrefix(serr.Status, "5.7.")
	if *at {
		r.burst++
	}
	if hard {
		r.refused++
	}
	r.outcomes++
}
