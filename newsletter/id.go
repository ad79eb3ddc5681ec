package newsletter

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
)

// ID is a random identity that may leave the house: 63 bits, printed as 13
// characters of Crockford's base 32.
type ID int64

// idLength is how many characters of five bits hold 63 bits.
const idLength = 13

// crockford is Crockford's base 32 alphabet in lower case: no i, l, o or u, so
// that an id can be read out over the telephone.
const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// ErrID says that a text is not an ID.
var ErrID = errors.New("not an id: want 13 letters and digits as printed by postrider")

// NewID makes a random ID. It is never 0, so that 0 can mean "none".
func NewID() ID {
	var b [8]byte
	for {
		rand.Read(b[:]) // never fails (crypto/rand, since Go 1.24)
		if id := ID(binary.BigEndian.Uint64(b[:]) >> 1); id != 0 {
			return id
		}
	}
}

// String gives the 13 characters that people see.
func (id ID) String() string {
	return string(id.append(make([]byte, 0, idLength)))
}

func (id ID) append(dst []byte) []byte {
	for shift := 5 * (idLength - 1); shift >= 0; shift -= 5 {
		dst = append(dst, crockford[uint64(id)>>shift&31])
	}
	return dst
}

// ParseID reads what [ID.String] printed. Upper case is accepted, and as in
// Crockford's rules o for 0 and i or l for 1. Anything else is [ErrID].
func ParseID(s string) (ID, error) {
	if len(s) != idLength {
		return 0, fmt.Errorf("%.40q: %w", s, ErrID)
	}
	var v uint64
	for i := range len(s) {
		d, ok := crockfordValue(s[i])
		if !ok || i == 0 && d > 7 {
			return 0, fmt.Errorf("%q: %w", s, ErrID)
		}
		v = v<<5 | uint64(d)
	}
	if v == 0 {
		return 0, fmt.Errorf("%q: %w", s, ErrID)
	}
	return ID(v), nil
}

func crockfordValue(c byte) (byte, bool) {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	switch c {
	case 'o':
		return 0, true
	case 'i', 'l':
		return 1, true
	}
	for v := range len(crockford) {
		if crockford[v] == c {
			return byte(v), true
		}
	}
	return 0, false
}

// MarshalText implements [encoding.TextMarshaler].
func (id ID) MarshalText() ([]byte, error) {
	return id.append(make([]byte, 0, idLength)), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (id *ID) UnmarshalText(text []byte) error {
	v, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = v
	return nil
}
