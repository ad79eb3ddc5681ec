package importer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"postrider/newsletter"
)

// parseState understands what list systems call the states of a subscriber. A
// blocklist is read as unsubscribed: nobody on it is mailed, and whoever was
// put there for no fault of their own may still come back by double opt-in.
func parseState(s string) (newsletter.State, error) {
	switch strings.ToLower(s) {
	case "":
		return "", nil
	case "active", "subscribed", "enabled", "confirmed", "regular", "true", "yes", "1":
		return newsletter.Active, nil
	case "pending", "unconfirmed", "unactivated":
		return newsletter.Pending, nil
	case "unsubscribed", "disabled", "inactive", "removed", "opted-out", "opted out",
		"blocklisted", "blacklisted", "blocked", "suppressed", "false", "no", "0":
		return newsletter.Unsubscribed, nil
	case "bounced", "cleaned", "undeliverable", "invalid", "hard bounced", "hard_bounced":
		return newsletter.Bounced, nil
	case "complained", "complaint", "spam", "abuse":
		return newsletter.Complained, nil
	}
	return "", fmt.Errorf("state %q is unknown: want active, pending, unsubscribed, bounced or complained", printable(s))
}

// parseFlag reads a yes or no; empty is no.
func parseFlag(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "true", "yes", "1":
		return true, nil
	case "", "false", "no", "0":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither yes nor no", printable(s))
}

// topicSeparators end a topic in a cell. Which of them a system writes depends
// on what else it writes between columns.
const topicSeparators = ";|,"

// splitTopics reads a cell of topics: a JSON list, or separated and each in
// quotes or not.
func splitTopics(s string) []string {
	if strings.HasPrefix(s, "[") {
		var list []string
		if json.Unmarshal([]byte(s), &list) == nil {
			return list
		}
	}
	list := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(topicSeparators, r) })
	for i, t := range list {
		list[i] = strings.Trim(t, `" `)
	}
	return list
}

// joinTopics writes a cell that splitTopics reads back.
func joinTopics(topics []string) (string, error) {
	ambiguous := func(t string) bool { return strings.ContainsAny(t, topicSeparators+`"[`) }
	if !slices.ContainsFunc(topics, ambiguous) {
		return strings.Join(topics, "; "), nil
	}
	list, err := json.Marshal(topics)
	return string(list), err
}

// parseTime reads a date, or a time; one without a zone is UTC. Forms in which a
// month may be taken for a day are refused.
func parseTime(s string) (time.Time, error) {
	if s == "" || strings.HasPrefix(s, "0000-00-00") { // the second is how MySQL writes none
		return time.Time{}, nil
	}
	for _, layout := range timeLayouts(s) {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("date %q is not readable: want a form such as 2006-01-31 or 2006-01-31T09:00:00Z", printable(s))
}

// timeLayouts lists the forms that s may have, by what stands after the date.
func timeLayouts(s string) []string {
	switch {
	case len(s) <= len(time.DateOnly):
		return []string{time.DateOnly}
	case s[len(time.DateOnly)] == 'T':
		return []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05Z0700"}
	}
	return []string{time.DateTime, "2006-01-02 15:04", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z07",
		"2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 -0700 MST"}
}
