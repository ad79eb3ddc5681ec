package newsletter

import (
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Address is a mail address in its normal form: the local part as its owner
// writes it (NFC), the domain in ASCII lower case. Make one with [ParseAddress];
// two addresses are the same mailbox when their [Address.Key] is.
type Address string

// ErrAddress is wrapped by every error of [ParseAddress].
var ErrAddress = errors.New("not a mail address")

// Local gives the part before the @.
func (a Address) Local() string {
	return string(a[:max(0, strings.LastIndexByte(string(a), '@'))])
}

// Domain gives the part after the @, in ASCII.
func (a Address) Domain() string {
	return string(a[strings.LastIndexByte(string(a), '@')+1:])
}

// Key is what two addresses of the same mailbox share: the address in lower
// case. RFC 5321 lets a host tell User from user apart; none does, and a list
// that did would mail the same person twice.
func (a Address) Key() string { return strings.ToLower(string(a)) }

// ASCII tells whether the address needs no SMTPUTF8 (RFC 6531).
func (a Address) ASCII() bool {
	for i := range len(a) {
		if a[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Display gives the address as people write it, its domain in Unicode. It is
// for showing only: never send to it, never compare it. An erased one shows as nothing.
func (a Address) Display() string {
	if a == "" {
		return ""
	}
	domain, err := idna.Display.ToUnicode(a.Domain())
	if err != nil {
		return string(a)
	}
	return a.Local() + "@" + domain
}

// UnmarshalText implements [encoding.TextUnmarshaler] by [ParseAddress], so
// that no address comes into the house another way. The empty text is the empty
// address.
func (a *Address) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*a = ""
		return nil
	}
	v, err := ParseAddress(string(text))
	if err != nil {
		return err
	}
	*a = v
	return nil
}
