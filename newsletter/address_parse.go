package newsletter

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Sizes of an address in octets (RFC 5321, section 4.5.3.1; the total is that
// of a path less its angle brackets).
const (
	maxLocal   = 64
	maxAddress = 254
)

// ParseAddress reads one bare address, user@host, and normalises it: space
// around it is dropped, the domain becomes ASCII lower case (IDNA 2008 lookup, RFC
// 5891), a local part beyond ASCII (RFC 6531) becomes NFC.
//
// It accepts what can receive mail on the Internet today, which is less than
// RFC 5322 permits: a dot-atom of at most 64 octets before the @, a domain name
// with a dot (or localhost) after it, 254 octets together. Quoted local parts,
// address literals, comments and display names are refused. Every error wraps
// [ErrAddress] and says what is wrong; the caller adds whose address it is.
func ParseAddress(s string) (Address, error) {
	if plain(s) {
		return Address(s), nil
	}
	a, err := parseAddress(strings.TrimSpace(s))
	if err != nil {
		return "", fmt.Errorf("%w: %s", ErrAddress, err)
	}
	return a, nil
}

// plain tells whether s is already in its normal form, for the shape that nearly
// every address of a list has. It keeps imports fast: no copy, no tables.
func plain(s string) bool {
	at := strings.IndexByte(s, '@')
	if at < 1 || at > maxLocal || len(s) > maxAddress {
		return false
	}
	return plainLocal(s[:at]) && plainDomain(s[at+1:])
}

func plainLocal(s string) bool {
	dot := true // so that a leading dot counts as a double one
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.':
			if dot {
				return false
			}
			dot = true
			continue
		case !atext(c):
			return false
		}
		dot = false
	}
	return !dot
}

// plainDomain leaves to idna every domain it is not sure of: one with upper
// case, an xn-- label, two hyphens in a row, a label that is too long.
func plainDomain(s string) bool {
	labels, length := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			length++
		case c == '-':
			if length == 0 || i+1 == len(s) || s[i+1] == '-' || s[i+1] == '.' {
				return false
			}
			length++
		case c == '.':
			if length == 0 || length > 63 {
				return false
			}
			labels, length = labels+1, 0
		default:
			return false
		}
	}
	return labels > 0 && length > 1 && length <= 63 && !numeric(s)
}

func parseAddress(s string) (Address, error) {
	if err := checkShape(s); err != nil {
		return "", err
	}
	at := strings.LastIndexByte(s, '@')
	local, err := parseLocal(s[:at])
	if err != nil {
		return "", err
	}
	domain, err := parseDomain(s[at+1:])
	if err != nil {
		return "", err
	}
	if n := len(local) + 1 + len(domain); n > maxAddress {
		return "", fmt.Errorf("it has %d octets, more than the %d that mail can carry", n, maxAddress)
	}
	return Address(local + "@" + domain), nil
}

// checkShape finds what is wrong with the text as a whole, so that the word
// people get is of their mistake and not of its consequence.
func checkShape(s string) error {
	switch {
	case s == "":
		return errors.New("it is empty")
	case !utf8.ValidString(s):
		return errors.New("it is not valid UTF-8")
	case strings.ContainsFunc(s, unicode.IsControl):
		return errors.New("it holds a line break or another control character")
	case strings.HasSuffix(s, ">"):
		return errors.New("give the bare address, user@example.org, without a name and angle brackets")
	case !strings.Contains(s, "@"):
		return errors.New("it has no @")
	case strings.HasPrefix(s, `"`):
		return errors.New("quoted local parts are not supported")
	case strings.ContainsFunc(s, hidden):
		return errors.New("it holds a space or an invisible character")
	case strings.Count(s, "@") > 1:
		return errors.New("it has more than one @")
	}
	return nil
}

// hidden is what a reader of the address would not see or would see as a gap.
func hidden(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zs, r)
}

func parseLocal(s string) (string, error) {
	if s == "" {
		return "", errors.New("nothing stands before the @")
	}
	s = norm.NFC.String(s)
	if len(s) > maxLocal {
		return "", fmt.Errorf("the part before the @ has %d octets, more than %d", len(s), maxLocal)
	}
	if s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return "", errors.New("a dot stands first, last or doubled before the @")
	}
	for _, r := range s {
		if r < utf8.RuneSelf && r != '.' && !atext(byte(r)) {
			return "", fmt.Errorf("%q may not stand before the @", r)
		}
		if r >= utf8.RuneSelf && !unicode.IsGraphic(r) {
			return "", fmt.Errorf("%U may not stand before the @", r)
		}
	}
	return s, nil
}

// atext is the alphabet of an atom (RFC 5322, section 3.2.3).
func atext(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c < utf8.RuneSelf && strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}

func parseDomain(s string) (string, error) {
	switch {
	case s == "":
		return "", errors.New("nothing stands after the @")
	case s[0] == '[':
		return "", errors.New("an IP address in place of a domain is not supported")
	}
	domain, err := idna.Lookup.ToASCII(s)
	if err != nil {
		return "", fmt.Errorf("the domain %q is not valid", s)
	}
	domain = strings.ToLower(domain)
	return domain, checkDomain(domain)
}

// checkDomain adds to IDNA what DNS and mail ask of a host name (RFC 1035,
// section 2.3.4).
func checkDomain(domain string) error {
	if domain == "localhost" {
		return nil
	}
	if !strings.Contains(domain, ".") {
		return fmt.Errorf("the domain %q has no dot", domain)
	}
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return fmt.Errorf("the domain %q is not valid", domain)
		}
	}
	if numeric(domain) {
		return errors.New("an IP address in place of a domain is not supported")
	}
	return nil
}

// numeric tells whether the last label is all digits, which no top-level
// domain is (RFC 3696, section 2).
func numeric(domain string) bool {
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	return strings.Trim(last, "0123456789") == ""
}
