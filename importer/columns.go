package importer

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// field is what a column means to us.
type field int

const (
	unknown field = iota
	email
	name
	firstName
	lastName
	cadence
	topics
	state
	optedOut       // "yes" means that the reader wants no mail
	created        //
	confirmed      //
	unsubscribedAt // any value means unsubscribed
	bouncedAt      // any value means bounced
	fields         // how many there are
)

// fieldOf knows a column by the names that list systems give it, whatever their
// case, spaces and punctuation.
func fieldOf(header string) field {
	switch strings.ToLower(strings.Map(lettersOnly, header)) {
	case "email", "emailaddress", "mail", "mailaddress", "subscriberemail":
		return email
	case "name", "fullname", "subscribername", "displayname":
		return name
	case "firstname", "givenname", "fname":
		return firstName
	case "lastname", "surname", "familyname", "lname":
		return lastName
	case "cadence", "frequency":
		return cadence
	case "topics", "topic", "tags", "tag", "interests":
		return topics
	case "state", "status", "subscribed", "subscriptionstatus", "subscribertype", "subscribedtoemails":
		return state
	case "emaildisabled", "optedout", "optout":
		return optedOut
	case "createdat", "created", "optintime", "subscribedat", "signupdate", "subscribedate", "dateadded":
		return created
	case "confirmedat", "confirmtime", "confirmationtime":
		return confirmed
	case "unsubtime", "unsubscribedat", "unsubscribetime":
		return unsubscribedAt
	case "cleantime", "bouncedat":
		return bouncedAt
	}
	return unknown
}

func lettersOnly(r rune) rune {
	if unicode.IsLetter(r) || unicode.IsDigit(r) {
		return r
	}
	return -1
}

// columns says where a file has each field.
type columns struct {
	at      [fields]int // the column, or -1
	count   int
	ignored []string
}

// parseColumns reads a header row. Without a column of addresses there is
// nothing to import, and two for one field leave open which is meant.
func parseColumns(header []string) (columns, error) {
	c := columns{count: len(header)}
	for f := range c.at {
		c.at[f] = -1
	}
	for i, h := range header {
		f := fieldOf(h)
		switch {
		case f == unknown:
			if h = printable(h); h != "" {
				c.ignored = append(c.ignored, h)
			}
		case c.at[f] >= 0:
			return c, fmt.Errorf("columns %q and %q mean the same; keep one of them",
				printable(header[c.at[f]]), printable(h))
		default:
			c.at[f] = i
		}
	}
	if c.at[email] < 0 {
		return c, noEmail(header)
	}
	return c, nil
}

func noEmail(header []string) error {
	found := make([]string, len(header))
	for i, h := range header {
		found[i] = fmt.Sprintf("%q", printable(h))
	}
	hint := "name the one with the addresses email"
	if slices.ContainsFunc(header, func(h string) bool { return strings.Contains(h, "@") }) {
		hint = "this line looks like a subscriber: put a line such as email,name above it"
	}
	const many = 20
	if len(found) > many {
		found = append(found[:many], "…")
	}
	return fmt.Errorf("line 1: no column is named email, only %s; %s", strings.Join(found, ", "), hint)
}

// cell gives the row's value of a field, without space around it; "" if the file
// has no such column.
func (c *columns) cell(record []string, f field) string {
	if i := c.at[f]; i >= 0 {
		return strings.TrimSpace(record[i])
	}
	return ""
}
