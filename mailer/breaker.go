package mailer

import (
	"fmt"
	"strings"
	"sync"
)

// When an issue is paused: too many of its messages are refused for good, or the
// sender is. To go on would spoil the sender's name with every relay. Or of too many nobody
// knows whether the server took them: to go on would bring readers the same again and again.
const (
	breakerOutcomes = 500  // look at shares only beyond so many that were taken or refused
	breakerSpan     = 1000 // and at the last so many of them,
	breakerShare    = 0.05 // of which so many are refused for good
	burstSpan       = 50   // within so many outcomes in a row,
	burstRefusals   = 20   // so many refusals of the sender: for reasons of policy (5.7.x), or to MAIL
	doubtSpan       = 200  // within so many outcomes in a row,
	doubts          = 100  // so many that are unknown: more than break off together when a server stops
)

// breaker counts what becomes of the messages of each issue that this run sends.
type breaker struct {
	mu      sync.Mutex
	byIssue map[string]*history
}

type history struct {
	ended  ring // taken or refused; true: refused
	sender ring // all outcomes; true: the sender was refused
	doubt  ring // all outcomes; true: unknown
}

// observe notes an outcome and says why its issue should be paused, or "". Having
// said it, it begins to count anew: an operator who resumes the issue knows.
func (b *breaker) observe(issue string, serr *SendError) (reason string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.byIssue[issue]
	if r == nil {
		r = &history{ended: newRing(breakerSpan), sender: newRing(burstSpan), doubt: newRing(doubtSpan)}
		b.byIssue[issue] = r
	}
	if serr == nil || serr.Fate == Permanent {
		r.ended.note(serr != nil)
	}
	r.sender.note(refusesSender(serr))
	r.doubt.note(serr != nil && serr.Fate == Unknown)
	switch {
	case serr != nil && senderFault(serr.Code):
		reason = "the server wants another login: " + serr.Reply
	case r.sender.hits >= burstRefusals:
		reason = fmt.Sprintf("%d of the last %d mails were refused because of their sender, the last with: %s",
			r.sender.hits, r.sender.seen(), serr.Reply)
	case r.ended.seen() >= breakerOutcomes && float64(r.ended.hits) > breakerShare*float64(r.ended.seen()):
		reason = fmt.Sprintf("%d of %d mails were refused for good", r.ended.hits, r.ended.seen())
		if serr != nil && serr.Reply != "" {
			reason += ", the last with: " + serr.Reply
		}
	case r.doubt.hits >= doubts:
		reason = fmt.Sprintf("of %d of the last %d mails nobody knows whether they arrived", r.doubt.hits, r.doubt.seen())
		if serr != nil {
			reason += ", the last with: " + serr.Error()
		}
	default:
		return ""
	}
	delete(b.byIssue, issue)
	return reason
}

// refusesSender tells whether a server refused a message for what its sender is or
// does, and would refuse the next as well (RFC 3463, section 3.8).
func refusesSender(e *SendError) bool {
	return e != nil && e.Code/100 == 5 && (strings.HasPrefix(e.Status, "5.7.") || e.at == atMail)
}

// ring counts how many of the last so many were hits.
type ring struct {
	last  []bool
	total int
	hits  int
}

func newRing(size int) ring { return ring{last: make([]bool, size)} }

func (r *ring) note(hit bool) {
	at := &r.last[r.total%len(r.last)]
	if *at {
		r.hits--
	}
	if *at = hit; hit {
		r.hits++
	}
	r.total++
}

// seen is how many of them there are.
func (r *ring) seen() int { return min(r.total, len(r.last)) }
