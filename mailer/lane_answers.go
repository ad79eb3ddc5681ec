package mailer

import (
	"slices"
	"strings"
)

// throttles tells whether a server said of a recipient or a message that its domain gets
// too much for now: 421, 4.7.x, a system that is full or takes nothing (4.3.1 and 4.3.2; RFC
// 3463, sections 3.4 and 3.8), or words for a rate.
func throttles(e *SendError) bool {
	if e == nil || e.at != atRcpt && e.at != atData && e.at != atDot || e.Code/100 != 4 {
		return false
	}
	return e.Code == 421 || strings.HasPrefix(e.Status, "4.7.") || e.Status == "4.3.1" || e.Status == "4.3.2" || ofRate(e.Reply)
}

// strains tells whether a server will hear of no message at all for now: it answers MAIL
// with 4xx, before it knows whom the message is for. That it takes no more connections, or
// goes away (421), is for these to learn, see [crew] and [courier.rest].
func strains(e *SendError) bool {
	return e != nil && e.at == atMail && e.Code/100 == 4 && !e.Broken
}

// heard tells whether a server took MAIL, whatever became of the message.
func heard(e *SendError) bool { return e == nil || e.at == atRcpt || e.at == atData || e.at == atDot }

// ofRate tells whether words are about how much comes in how long.
func ofRate(words string) bool {
	words = strings.ToLower(words)
	return slices.ContainsFunc([]string{"throttl", "rate limit", "sending rate", "rate exceeded", "too many messages",
		"too much mail", "too fast", "slow down"}, func(w string) bool { return strings.Contains(words, w) })
}
