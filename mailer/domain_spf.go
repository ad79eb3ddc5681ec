package mailer

import (
	"fmt"
	"strings"
)

// lookupLimit is how many terms that ask the DNS a policy may have with all that
// it includes; receivers stop there and the whole counts as wrong (RFC 7208,
// section 4.6.4).
const lookupLimit = 10

// spf reads the policy of the domain. Which machines it names is not compared
// with the relay: what that sends from is known to it alone.
func (c domainCheck) spf() Record {
	found, err := c.texts(c.domain, "v=spf1")
	const advice = `publish one TXT record such as "v=spf1 include:RELAY -all", as your relay's documentation says`
	switch {
	case err != nil:
		return unknown("SPF", err)
	case len(found) == 0:
		return Record{"SPF", Bad, "there is no record at " + c.domain + "; many refuse mail from such a domain", advice}
	case len(found) > 1:
		return Record{"SPF", Bad, fmt.Sprintf("there are %d records at %s, so none counts (RFC 7208, section 4.5)", len(found), c.domain), "join them into one"}
	}
	w := spfWalk{domainCheck: c, seen: map[string]bool{strings.ToLower(c.domain): true}}
	if err := w.policy(found[0]); err != nil {
		return unknown("SPF", err)
	}
	switch {
	case w.fault != "":
		return Record{"SPF", Bad, "the record does not count: " + w.fault, "mend or remove that part"}
	case w.lookups > lookupLimit:
		return Record{"SPF", Bad, fmt.Sprintf("the record does not count: it takes %d look-ups with all that it includes, and %d are allowed", w.lookups, lookupLimit),
			"remove what does not send for you"}
	case strings.HasSuffix(w.ending, "?all"), strings.HasSuffix(w.ending, "+all"), w.ending == "all", w.ending == "":
		return Record{"SPF", Doubt, fmt.Sprintf("it lets everybody send: it ends with %q", w.ending), "end it with ~all or -all"}
	}
	return Record{"SPF", Good, found[0], ""}
}

// spfWalk follows a policy through what it includes.
type spfWalk struct {
	domainCheck
	seen    map[string]bool
	lookups int
	fault   string // the first thing that makes the whole wrong
	ending  string // the all of the first policy; "redirect" where another decides
}

// policy counts the look-ups of one record. It returns an error where the DNS
// did not answer.
func (w *spfWalk) policy(record string) error {
	first := len(w.seen) == 1
	for _, term := range strings.Fields(strings.ToLower(record))[1:] {
		bare := strings.TrimLeft(term, "+-~?")
		mechanism, target, _ := strings.Cut(bare, ":")
		if at, ok := strings.CutPrefix(bare, "redirect="); ok {
			mechanism, target = "redirect", at
		}
		mechanism, _, _ = strings.Cut(mechanism, "/")
		switch mechanism {
		case "all":
			if first {
				w.ending = term
			}
		case "a", "mx", "ptr", "exists":
			w.lookups++
		case "include", "redirect":
			w.lookups++
			if first && mechanism == "redirect" && w.ending == "" {
				w.ending = "redirect"
			}
			if err := w.follow(target); err != nil {
				return err
			}
		case "ip4", "ip6":
		default:
			if !strings.Contains(bare, "=") { // modifiers that are not known are passed over
				w.wrong("%q is no word of it", term)
			}
		}
	}
	return nil
}

// follow reads the policy of another domain.
func (w *spfWalk) follow(domain string) error {
	if strings.Contains(domain, "%") || w.lookups > lookupLimit {
		return nil // a macro stands for something only at the time of a mail
	}
	if w.seen[domain] {
		w.wrong("%s includes itself", domain)
		return nil
	}
	w.seen[domain] = true
	found, err := w.texts(domain, "v=spf1")
	switch {
	case err != nil:
		return err
	case len(found) != 1:
		w.wrong("%s has %d records, and must have one", domain, len(found))
		return nil
	}
	return w.policy(found[0])
}

func (w *spfWalk) wrong(format string, args ...any) {
	if w.fault == "" {
		w.fault = fmt.Sprintf(format, args...)
	}
}
