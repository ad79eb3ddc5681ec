package mailer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Resolver asks the DNS. [*net.Resolver] is one.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupHost(ctx context.Context, name string) ([]string, error)
}

// Grade is how well something stands.
type Grade string

// The grades: in order, worth a look, and wrong.
const (
	Good  Grade = "ok"
	Doubt Grade = "warn"
	Bad   Grade = "fail"
)

// Record is what the DNS says of a domain in one respect that receivers of mail
// look at, and what to do about it.
type Record struct {
	Name   string // SPF, DKIM, DMARC or MX
	Grade  Grade
	Words  string
	Advice string // "" where nothing is to be done
}

// CheckDomain looks at the domain of a sender's address with the eyes of those
// who receive mail from it: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489) and
// whether replies and bounces find a way back (RFC 5321, section 5). The selector is the one
// that the relay signs with; "" where nobody knows it, and then DKIM stays open.
func CheckDomain(ctx context.Context, dns Resolver, domain, selector string) []Record {
	c := domainCheck{ctx, dns, domain}
	return []Record{c.spf(), c.dkim(selector), c.dmarc(), c.mx()}
}

type domainCheck struct {
	ctx    context.Context
	dns    Resolver
	domain string
}

// texts gives the TXT records of a name that begin with a version tag. None is
// no error.
func (c domainCheck) texts(name, version string) ([]string, error) {
	all, err := c.dns.LookupTXT(c.ctx, name)
	if err := ignoreMissing(err); err != nil {
		return nil, err
	}
	var found []string
	for _, text := range all {
		if rest, ok := strings.CutPrefix(strings.ToLower(text), version); ok && (rest == "" || strings.ContainsAny(rest[:1], " ;")) {
			found = append(found, text)
		}
	}
	return found, nil
}

// ignoreMissing drops the error that says that there is no such name.
func ignoreMissing(err error) error {
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return nil
	}
	return err
}

// unknown says that the DNS did not answer.
func unknown(name string, err error) Record {
	return Record{name, Doubt, fmt.Sprintf("the DNS did not answer: %v", err), "try again later, or look at this machine's DNS"}
}

func (c domainCheck) dkim(selector string) Record {
	if selector == "" {
		return Record{"DKIM", Doubt, "not looked at, because nobody knows with which selector your relay signs",
			"send yourself a test and look for dkim=pass in its Authentication-Results, or name the selector with --selector"}
	}
	name := selector + "._domainkey." + c.domain
	all, err := c.dns.LookupTXT(c.ctx, name)
	if err := ignoreMissing(err); err != nil {
		return unknown("DKIM", err)
	}
	for _, text := range all {
		key, ok := tags(text)["p"]
		switch {
		case !ok:
			continue
		case key == "":
			return Record{"DKIM", Bad, "the key at " + name + " is revoked: its p= is empty", "publish the key that the relay signs with"}
		}
		return Record{"DKIM", Good, "there is a key at " + name, ""}
	}
	return Record{"DKIM", Bad, "there is no key at " + name, "publish the TXT record that your relay shows for it"}
}

// dmarc looks at the domain, and where that has none, at the one that it was
// registered as.
func (c domainCheck) dmarc() Record {
	name := c.domain
	found, err := c.texts("_dmarc."+name, "v=dmarc1")
	if parent, perr := publicsuffix.EffectiveTLDPlusOne(c.domain); err == nil && len(found) == 0 && perr == nil && parent != name {
		name = parent
		found, err = c.texts("_dmarc."+name, "v=dmarc1")
	}
	switch {
	case err != nil:
		return unknown("DMARC", err)
	case len(found) == 0:
		return Record{"DMARC", Bad, "there is no record at _dmarc." + c.domain + "; large providers refuse mail to many without one",
			`publish the TXT record "v=DMARC1; p=none" there`}
	case len(found) > 1:
		return Record{"DMARC", Bad, fmt.Sprintf("there are %d records at _dmarc.%s, so none counts", len(found), name), "keep one of them"}
	}
	switch policy := strings.ToLower(tags(found[0])["p"]); policy {
	case "none", "quarantine", "reject":
		return Record{"DMARC", Good, fmt.Sprintf("the policy of %s is %s", name, policy), ""}
	default:
		return Record{"DMARC", Bad, fmt.Sprintf("the record at _dmarc.%s has no policy that counts: %q", name, found[0]), "write p=none, p=quarantine or p=reject"}
	}
}

// tags reads the list of DKIM and DMARC records: name=value; …
func tags(record string) map[string]string {
	found := make(map[string]string)
	for _, part := range strings.Split(record, ";") {
		if name, value, ok := strings.Cut(part, "="); ok {
			found[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
		}
	}
	return found
}

func (c domainCheck) mx() Record {
	hosts, err := c.dns.LookupMX(c.ctx, c.domain)
	if err := ignoreMissing(err); err != nil {
		return unknown("MX", err)
	}
	switch {
	case len(hosts) == 1 && hosts[0].Host == ".": // RFC 7505
		return Record{"MX", Bad, c.domain + " says that it takes no mail at all: replies and bounces are lost, and some refuse such a sender",
			"let mail.from be an address that can be answered"}
	case len(hosts) > 0:
		return Record{"MX", Good, "mail to " + c.domain + " goes to " + strings.TrimSuffix(hosts[0].Host, "."), ""}
	}
	found, err := c.dns.LookupHost(c.ctx, c.domain)
	if err := ignoreMissing(err); err != nil {
		return unknown("MX", err)
	}
	if len(found) > 0 {
		return Record{"MX", Doubt, c.domain + " names no mail server; mail is tried at its own address", "publish an MX record, or see that it takes mail"}
	}
	return Record{"MX", Bad, c.domain + " has neither a mail server nor an address: replies and bounces are lost",
		"publish an MX record, or let mail.from be of a domain that has one"}
}
