package mailer_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"postrider/mailer"
)

// zone is a DNS of a few names. A TXT of "!" does not answer.
type zone map[string][]string

func (z zone) ask(kind, name string) ([]string, error) {
	found, ok := z[kind+" "+name]
	switch {
	case !ok:
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	case found[0] == "!":
		return nil, &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
	}
	return found, nil
}

func (z zone) LookupTXT(_ context.Context, name string) ([]string, error)  { return z.ask("TXT", name) }
func (z zone) LookupHost(_ context.Context, name string) ([]string, error) { return z.ask("A", name) }

func (z zone) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	hosts, err := z.ask("MX", name)
	var list []*net.MX
	for _, host := range hosts {
		list = append(list, &net.MX{Host: host})
	}
	return list, err
}

func TestCheckDomain(t *testing.T) {
	many := zone{}
	for i := range 11 {
		many[fmt.Sprintf("TXT n%d.example", i)] = []string{fmt.Sprintf("v=spf1 include:n%d.example -all", i+1)}
	}
	many["TXT n11.example"] = []string{"v=spf1 -all"}
	for _, test := range []struct {
		record string // which one is looked at
		domain string
		zone   zone
		grade  mailer.Grade
		words  string
	}{
		{"SPF", "a.org", zone{"TXT a.org": {"other=1", "v=spf1 ip4:192.0.2.0/24 include:r.example mx -all"}, "TXT r.example": {"v=spf1 ip6:2001:db8::/32 ~all"}}, mailer.Good, "include:r.example"},
		{"SPF", "a.org", zone{}, mailer.Bad, "no record at a.org"},
		{"SPF", "a.org", zone{"TXT a.org": {"v=spf10 -all"}}, mailer.Bad, "no record"},
		{"SPF", "a.org", zone{"TXT a.org": {"v=spf1 -all", "V=SPF1 mx ~all"}}, mailer.Bad, "2 records"},
		{"SPF", "a.org", zone{"TXT a.org": {"v=spf1 a/24 mx:b.org ?all"}}, mailer.Doubt, "lets everybody send"},
		{"SPF", "a.org", zone{"TXT a.org": {"v=spf1"}}, mailer.Doubt, "lets everybody send"},
		{"SPF", "a.org", zone{"TXT a.org": {"v=spf1 +all"}}, mailer.Doubt, "+all"},
		{"SPF", "a.org", zone{"TXT a.org": {"v=spf1 redirect=b.org"}, "TXT b.org": {"v=spf1 -all"}}, mailer.Good, "redirect"},
		{"SPF", "a.org", zone{"TXT a.org": {"v=spf1 include:b.org -all"}}, mailer.Bad, "b.org has 0 records"},
		{"SPF", "a.org", zone{"TXT a.org": {"v=spf1 include:b.org -all"}, "TXT b.org": {"v=spf1 include:a.org"}}, mailer.Bad, "a.org includes itself"},
		{"SPF", "a.org", zone{"TXT a.org": {"v=spf1 ipv4:192.0.2.1 -all"}}, mailer.Bad, `"ipv4:192.0.2.1" is no word`},
		{"SPF", "a.org", zone{"TXT a.org": {"v=spf1 exists:%{i}.b.org exp=x.b.org include:%{d}.c.org -all"}}, mailer.Good, "exists"},
		{"SPF", "n0.example", many, mailer.Bad, "11 look-ups"},
		{"SPF", "n1.example", many, mailer.Good, "include"},
		{"SPF", "a.org", zone{"TXT a.org": {"!"}}, mailer.Doubt, "did not answer"},
		{"SPF", "a.org", zone{"TXT a.org": {"v=spf1 include:b.org -all"}, "TXT b.org": {"!"}}, mailer.Doubt, "did not answer"},

		{"DKIM", "a.org", zone{"TXT s1._domainkey.a.org": {"v=DKIM1; k=rsa; p=MIIB"}}, mailer.Good, "s1._domainkey.a.org"},
		{"DKIM", "a.org", zone{"TXT s1._domainkey.a.org": {"p = MIIB"}}, mailer.Good, "s1._domainkey.a.org"},
		{"DKIM", "a.org", zone{"TXT s1._domainkey.a.org": {"v=DKIM1; p="}}, mailer.Bad, "revoked"},
		{"DKIM", "a.org", zone{"TXT s1._domainkey.a.org": {"hello"}}, mailer.Bad, "no key"},
		{"DKIM", "a.org", zone{}, mailer.Bad, "no key"},
		{"DKIM", "a.org", zone{"TXT s1._domainkey.a.org": {"!"}}, mailer.Doubt, "did not answer"},

		{"DMARC", "a.org", zone{"TXT _dmarc.a.org": {"v=DMARC1; p=none; rua=mailto:d@a.org"}}, mailer.Good, "none"},
		{"DMARC", "news.a.co.uk", zone{"TXT _dmarc.a.co.uk": {"v=DMARC1;p=reject"}}, mailer.Good, "policy of a.co.uk is reject"},
		{"DMARC", "news.a.org", zone{"TXT _dmarc.news.a.org": {"v=DMARC1;p=quarantine"}, "TXT _dmarc.a.org": {"v=DMARC1;p=none"}}, mailer.Good, "quarantine"},
		{"DMARC", "a.org", zone{}, mailer.Bad, "no record at _dmarc.a.org"},
		{"DMARC", "a.org", zone{"TXT _dmarc.a.org": {"v=DMARC1; p=none", "v=DMARC1; p=reject"}}, mailer.Bad, "2 records"},
		{"DMARC", "a.org", zone{"TXT _dmarc.a.org": {"v=DMARC1; pct=50"}}, mailer.Bad, "no policy"},
		{"DMARC", "a.org", zone{"TXT _dmarc.a.org": {"!"}}, mailer.Doubt, "did not answer"},

		{"MX", "a.org", zone{"MX a.org": {"mx.a.org."}}, mailer.Good, "goes to mx.a.org"},
		{"MX", "a.org", zone{"MX a.org": {"."}}, mailer.Bad, "no mail at all"},
		{"MX", "a.org", zone{"A a.org": {"192.0.2.1"}}, mailer.Doubt, "names no mail server"},
		{"MX", "a.org", zone{}, mailer.Bad, "neither"},
		{"MX", "a.org", zone{"MX a.org": {"!"}}, mailer.Doubt, "did not answer"},
	} {
		for _, r := range mailer.CheckDomain(t.Context(), test.zone, test.domain, "s1") {
			if r.Name != test.record {
				continue
			}
			if r.Grade != test.grade || !strings.Contains(r.Words, test.words) || (r.Advice == "") != (r.Grade == mailer.Good) {
				t.Errorf("%s of %s in %v: %+v, want %s with %q", test.record, test.domain, test.zone, r, test.grade, test.words)
			}
		}
	}
	if r := mailer.CheckDomain(t.Context(), zone{}, "a.org", "")[1]; r.Grade != mailer.Doubt || !strings.Contains(r.Advice, "--selector") {
		t.Errorf("without a selector: %+v", r)
	}
}

// What the check asks with is the resolver of the standard library.
func TestNetResolverIsOne(t *testing.T) {
	var r mailer.Resolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no network")
	}}
	for _, record := range mailer.CheckDomain(t.Context(), r, "a.org", "s1") {
		if record.Grade != mailer.Doubt || !strings.Contains(record.Words, "no network") {
			t.Errorf("%+v", record)
		}
	}
}
