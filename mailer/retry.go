package mailer

import (
	"encoding/binary"
	"hash/fnv"
	"time"
)

// retryDelays is the wait after each failed attempt; the last one repeats. It
// starts above the five to ten minutes that greylisting asks for and keeps RFC
// 5321's advice (section 4.5.4.1) to try often in the first hours, then rarely.
var retryDelays = [...]time.Duration{
	15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 6 * time.Hour,
}

// retryJitter is the largest part of a delay by which it is moved, so that what
// was refused together does not come back together.
const retryJitter = 0.1

// RetryAt says when to try a delivery again after its attempt (which counts
// from 1) failed for now: after 15 and 30 minutes, 1, 2 and 4 hours, then every
// 6 hours, each moved by up to a tenth in a way that depends on key and attempt
// alone. It reports false when that would be later than expires; the zero
// expires is never.
func RetryAt(key Key, attempt int, now, expires time.Time) (at time.Time, ok bool) {
	step := min(max(attempt, 1), len(retryDelays)) - 1
	delay := retryDelays[step]
	at = now.Add(delay + time.Duration(retryJitter*jitter(key, attempt)*float64(delay)))
	return at, expires.IsZero() || !at.After(expires)
}

// jitter gives a number in [-1, 1) that looks random and is always the same
// for the same arguments.
func jitter(key Key, attempt int) float64 {
	var b [24]byte
	binary.BigEndian.PutUint64(b[0:], uint64(key.Issue))
	binary.BigEndian.PutUint64(b[8:], uint64(key.Recipient))
	binary.BigEndian.PutUint64(b[16:], uint64(attempt))
	h := fnv.New64a()
	h.Write(b[:])
	// FNV's upper bits hardly differ between neighbours; the multiplication
	// (of splitmix64) spreads them.
	x := h.Sum64()
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	return float64(int64(x^x>>31)) / (1 << 63)
}
