package newsletter

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// stampSize is the octets of a stamp: a time in Unix milliseconds and half an
// HMAC. They are 32 characters of base64 with no bit to spare.
const stampSize = 8 + 16

// Stamp is a form's proof of when it was shown.
func (k Keyring) Stamp(shown time.Time) string {
	var b [stampSize]byte
	binary.BigEndian.PutUint64(b[:8], uint64(shown.UnixMilli()))
	mac := k.form.sum(b[:8])
	copy(b[8:], mac[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// ReadStamp tells when a form was shown, or [ErrToken] for a stamp that this
// keyring did not make.
func (k Keyring) ReadStamp(stamp string) (time.Time, error) {
	var b [stampSize]byte
	if len(stamp) != base64.RawURLEncoding.EncodedLen(stampSize) {
		return time.Time{}, ErrToken
	}
	if _, err := base64.RawURLEncoding.Strict().Decode(b[:], []byte(stamp)); err != nil {
		return time.Time{}, ErrToken
	}
	mac := k.form.sum(b[:8])
	if !hmac.Equal(mac[:stampSize-8], b[8:]) {
		return time.Time{}, ErrToken
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b[:8]))), nil
}
