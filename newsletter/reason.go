package newsletter

import "time"

// Reason is why a reader is left out of an issue: the name of their state, or
// one of the constants below. The empty Reason means that they are in.
type Reason string

// Why an active reader gets nothing. A reader in another state is left out by
// that state: Reason(Pending), Reason(Bounced) and so on.
const (
	PausedByReader Reason = "paused"         // asked for a break that has not ended
	OtherCadence   Reason = "other_cadence"  // takes another digest
	NothingNew     Reason = "nothing_new"    // was served everything there is
	NoTopicMatch   Reason = "no_topic_match" // nothing new is in the topics they chose
	AlreadyHas     Reason = "already_has"    // was sent this post before
)

// Reasons lists every reason in the order in which people read them.
func Reasons() []Reason {
	rs := []Reason{NothingNew, NoTopicMatch, AlreadyHas, PausedByReader, OtherCadence}
	for _, s := range States() {
		if s != Active {
			rs = append(rs, Reason(s))
		}
	}
	return rs
}

// Describe says the reason in words that complete "left out: 3 …".
func (r Reason) Describe() string {
	switch r {
	case PausedByReader:
		return "have paused their mail"
	case OtherCadence:
		return "chose another cadence"
	case NothingNew:
		return "have nothing new waiting"
	case NoTopicMatch:
		return "have nothing new in their topics"
	case AlreadyHas:
		return "already have this post"
	case Reason(Pending):
		return "have not confirmed"
	case Reason(Unsubscribed):
		return "have unsubscribed"
	case Reason(Bounced):
		return "have a mailbox that bounced"
	case Reason(Complained):
		return "reported the mail as spam"
	case Reason(Erased):
		return "were erased"
	}
	return string(r)
}

// LeftOut says why a is not for s whatever is in the issue, or "".
func (a Audience) LeftOut(s Subscriber, now time.Time) Reason {
	switch {
	case s.State != Active:
		return Reason(s.State)
	case a.Cadence != "" && s.Cadence != a.Cadence:
		return OtherCadence
	case s.Paused(now):
		return PausedByReader
	}
	return ""
}

// LeftOut says why a group gets nothing of these publications, or "" if [Select]
// finds something for it.
func (g Group) LeftOut(pubs []Publication) Reason {
	reason := NothingNew
	for _, p := range pubs {
		switch {
		case g.Served().Has(p.Number):
		case p.Matches(g.Topics):
			return ""
		default:
			reason = NoTopicMatch
		}
	}
	return reason
}
