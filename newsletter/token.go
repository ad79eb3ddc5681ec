package newsletter

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"sync"
	"time"
)

// Purpose is what a token permits. A token made for one purpose is worthless
// for every other.
type Purpose byte

// The purposes of tokens. Their numbers are part of every link that was ever
// mailed: never renumber them.
const (
	Unsubscribe Purpose = 1 // leave the list, also by one click (RFC 8058)
	Preferences Purpose = 2 // see and change one's own settings
	Confirm     Purpose = 3 // confirm a subscription; the id is that of the request for it
	View        Purpose = 4 // read an issue as it was sent to this subscriber
)

// What may be wrong with a token. The texts are meant for readers.
var (
	ErrToken   = errors.New("this link is not valid; it may have been cut short on its way")
	ErrExpired = errors.New("this link has expired; ask for a new one")
)

// secretSize is the least length of a secret, in octets.
const secretSize = 32

// Keyring makes and reads the tokens of one installation. All who hold the same
// secret make the same tokens, so links stay good across restarts and machines.
// A Keyring may be used by many goroutines. The zero value has no key and panics
// when it is used; make one with [NewKeyring].
type Keyring struct {
	token   key // links
	message key // Message-IDs
	address key // digests of addresses
	form    key // stamps of forms
}

// key signs. What HMAC makes of a key is the same for every text and costs more than
// a short text itself, so it is kept.
type key struct{ idle *sync.Pool } // of *signer

type signer struct {
	hash.Hash
	text []byte
	mac  [sha256.Size]byte
}

// NewKeyring derives the keys from the installation's secret of at least 32
// random octets. Each use has a key of its own, so that no token can be turned
// into another kind of proof.
func NewKeyring(secret []byte) (Keyring, error) {
	if len(secret) < secretSize {
		return Keyring{}, fmt.Errorf("the secret has %d octets, fewer than %d", len(secret), secretSize)
	}
	return Keyring{
		token:   derive(secret, "postrider token v1"),
		message: derive(secret, "postrider message-id v1"),
		address: derive(secret, "postrider address v1"),
		form:    derive(secret, "postrider form v1"),
	}, nil
}

func derive(secret []byte, use string) key {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(use))
	derived := h.Sum(nil)
	return key{&sync.Pool{New: func() any { return &signer{Hash: hmac.New(sha256.New, derived)} }}}
}

// sum is HMAC-SHA-256 (RFC 2104) of the parts, one after the other. The caller
// sees to it that the parts cannot be cut differently.
func (k key) sum(parts ...[]byte) [sha256.Size]byte {
	if k.idle == nil {
		panic("newsletter: use of a Keyring without a key")
	}
	s := k.idle.Get().(*signer)
	defer k.idle.Put(s)
	s.text = s.text[:0]
	for _, p := range parts {
		s.text = append(s.text, p...)
	}
	s.Reset()
	s.Write(s.text)
	s.Sum(s.mac[:0])
	return s.mac
}

// The layout of a token: version, id, expiry in Unix seconds (0: never)
// and the first half of the HMAC. Its 30 octets are 40 characters of base64
// with no bit to spare, so that a token has one spelling only.
const (
	tokenVersion = 1
	idEnd        = 1 + 8
	expiryEnd    = idEnd + 5
	tokenSize    = expiryEnd + 16

	// TokenLength is the length of every token in characters.
	TokenLength = tokenSize * 8 / 6
)

// Token makes a link's token: 40 characters of base64url (RFC 4648, section 5)
// that let whoever holds them do p in the name of id until expires; the zero
// time means for ever. The same arguments give the same token.
func (k Keyring) Token(p Purpose, id ID, expires time.Time) string {
	var token [TokenLength]byte
	return string(k.AppendToken(token[:0], p, id, expires))
}

// AppendToken appends to dst what [Keyring.Token] returns.
func (k Keyring) AppendToken(dst []byte, p Purpose, id ID, expires time.Time) []byte {
	var b [tokenSize]byte
	b[0] = tokenVersion
	binary.BigEndian.PutUint64(b[1:], uint64(id))
	putExpiry(b[idEnd:expiryEnd], expires)
	mac := k.token.sum([]byte{byte(p)}, b[:expiryEnd])
	copy(b[expiryEnd:], mac[:])
	return base64.RawURLEncoding.AppendEncode(dst, b[:])
}

// putExpiry rounds up, so that a token is never good for less time than asked.
func putExpiry(b []byte, t time.Time) {
	if t.IsZero() {
		return
	}
	var wide [8]byte
	binary.BigEndian.PutUint64(wide[:], uint64(max(1, t.Add(time.Second-1).Unix())))
	copy(b, wide[8-len(b):])
}

func expiry(b []byte) (t time.Time, limited bool) {
	var wide [8]byte
	copy(wide[8-len(b):], b)
	s := int64(binary.BigEndian.Uint64(wide[:]))
	return time.Unix(s, 0), s != 0
}

// Read says in whose name a token of this purpose speaks. It gives [ErrToken] for
// one that this keyring did not make for p, and [ErrExpired] for one that was
// good before now.
func (k Keyring) Read(p Purpose, token string, now time.Time) (ID, error) {
	if len(token) != TokenLength {
		return 0, ErrToken
	}
	var b [tokenSize]byte
	if _, err := base64.RawURLEncoding.Strict().Decode(b[:], []byte(token)); err != nil || b[0] != tokenVersion {
		return 0, ErrToken
	}
	mac := k.token.sum([]byte{byte(p)}, b[:expiryEnd])
	if !hmac.Equal(mac[:tokenSize-expiryEnd], b[expiryEnd:]) {
		return 0, ErrToken
	}
	if end, limited := expiry(b[idEnd:expiryEnd]); limited && !now.Before(end) {
		return 0, ErrExpired
	}
	return ID(binary.BigEndian.Uint64(b[1:idEnd])), nil
}

var messageTokens = base32.NewEncoding(crockford).WithPadding(base32.NoPadding)

// MessageToken makes the left part of a Message-ID (RFC 5322, section 3.6.4): 26
// characters of lower-case base 32. It is the same for every attempt to bring
// this issue to this subscriber, and tells an outsider neither.
func (k Keyring) MessageToken(issueID string, subscriber ID) string {
	var id [8]byte
	binary.BigEndian.PutUint64(id[:], uint64(subscriber))
	mac := k.message.sum(id[:], []byte(issueID))
	var token [26]byte
	messageTokens.Encode(token[:], mac[:16])
	return string(token[:])
}

// AddressDigest names a mailbox without telling its address. It stands in a
// suppression once the subscriber is erased, so that the list can still tell
// who must not be mailed. Addresses with the same [Address.Key] share it.
func (k Keyring) AddressDigest(a Address) [32]byte {
	return k.address.sum([]byte(a.Key()))
}
