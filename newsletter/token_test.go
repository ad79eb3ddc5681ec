package newsletter

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func testKeyring(t testing.TB, fill byte) Keyring {
	t.Helper()
	k, err := NewKeyring([]byte(strings.Repeat(string(rune(fill)), 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestToken(t *testing.T) {
	k := testKeyring(t, 'k')
	now := time.Date(2026, 3, 2, 9, 0, 0, 500, time.UTC)
	for _, c := range []struct {
		name    string
		expires time.Time
		at      time.Time
		err     error
	}{
		{"for ever", time.Time{}, now.AddDate(100, 0, 0), nil},
		{"before its end", now.Add(time.Hour), now.Add(time.Hour - 1), nil},
		{"after its end", now.Add(time.Hour), now.Add(time.Hour + time.Second), ErrExpired},
		{"an end before 1970 is no eternity", time.Unix(-5, 0), now, ErrExpired},
		{"beyond 2106", now.AddDate(200, 0, 0), now.AddDate(199, 0, 0), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			token := k.Token(Confirm, 12345, c.expires)
			if len(token) != TokenLength {
				t.Errorf("token has %d characters, not %d", len(token), TokenLength)
			}
			id, err := k.Read(Confirm, token, c.at)
			if !errors.Is(err, c.err) || err == nil && id != 12345 {
				t.Errorf("read %d, %v; want error %v", id, err, c.err)
			}
		})
	}
}

func TestTokenIsBound(t *testing.T) {
	k, now := testKeyring(t, 'k'), time.Unix(1e9, 0)
	token := k.Token(Unsubscribe, NewID(), time.Time{})
	for _, p := range []Purpose{Preferences, Confirm, View} {
		if _, err := k.Read(p, token, now); !errors.Is(err, ErrToken) {
			t.Errorf("an unsubscribe token was taken for purpose %d: %v", p, err)
		}
	}
	if _, err := testKeyring(t, 'x').Read(Unsubscribe, token, now); !errors.Is(err, ErrToken) {
		t.Errorf("a foreign keyring read it: %v", err)
	}
	for i := range token {
		for _, c := range "Aw_" {
			forged := token[:i] + string(c) + token[i+1:]
			if _, err := k.Read(Unsubscribe, forged, now); forged != token && !errors.Is(err, ErrToken) {
				t.Fatalf("changed at %d, still: %v", i, err)
			}
		}
		if _, err := k.Read(Unsubscribe, token[:i], now); !errors.Is(err, ErrToken) {
			t.Fatalf("cut to %d, still: %v", i, err)
		}
	}
}

// Links that were mailed must stay good through every later version.
func TestTokenIsStable(t *testing.T) {
	k := testKeyring(t, 'k')
	const mailed = "AQAAAAAAADA5AAAAAADe1wpENDRgZJoMaUZsWad3"
	if got := k.Token(Unsubscribe, 12345, time.Time{}); got != mailed {
		t.Errorf("token = %s, was %s", got, mailed)
	}
	const message = "hxbh6b1drskp8hab19j5f19804"
	if got := k.MessageToken("issue", 12345); got != message {
		t.Errorf("message token = %s, was %s", got, message)
	}
}

func TestMessageToken(t *testing.T) {
	k := testKeyring(t, 'k')
	seen := map[string]bool{}
	for _, issue := range []string{"a", "b", "ab", ""} {
		for id := ID(1); id < 50; id++ {
			token := k.MessageToken(issue, id)
			if len(token) != 26 || strings.Trim(token, crockford) != "" || seen[token] {
				t.Fatalf("message token %q for %q and %d is malformed or came twice", token, issue, id)
			}
			seen[token] = true
		}
	}
}

func TestAddressDigest(t *testing.T) {
	k := testKeyring(t, 'k')
	if k.AddressDigest("Ann@example.org") != k.AddressDigest("ann@example.org") {
		t.Error("one mailbox has two digests")
	}
	if k.AddressDigest("ann@example.org") == k.AddressDigest("bob@example.org") ||
		k.AddressDigest("ann@example.org") == testKeyring(t, 'x').AddressDigest("ann@example.org") {
		t.Error("two mailboxes, or two keyrings, share a digest")
	}
}

func TestKeyringNeedsAKey(t *testing.T) {
	if _, err := NewKeyring(make([]byte, 31)); err == nil {
		t.Error("a short secret was taken")
	}
	defer func() {
		if recover() == nil {
			t.Error("the zero Keyring made a token that anyone can forge")
		}
	}()
	Keyring{}.Token(Unsubscribe, 1, time.Time{})
}

func FuzzRead(f *testing.F) {
	k, now := testKeyring(f, 'k'), time.Unix(1e9, 0)
	f.Add(byte(Unsubscribe), k.Token(Unsubscribe, 7, time.Time{}))
	f.Add(byte(Confirm), k.Token(Confirm, 7, now.Add(time.Hour)))
	f.Add(byte(View), strings.Repeat("A", TokenLength))
	f.Fuzz(func(t *testing.T, purpose byte, token string) {
		id, err := k.Read(Purpose(purpose), token, now)
		switch {
		case err != nil && id != 0:
			t.Fatalf("%q was refused, yet named %d", token, id)
		case err == nil && id != 7:
			t.Fatalf("%q was forged", token)
		}
	})
}

func BenchmarkToken(b *testing.B) {
	k := testKeyring(b, 'k')
	buf := make([]byte, 0, TokenLength)
	b.ReportAllocs()
	for b.Loop() {
		buf = k.AppendToken(buf[:0], Unsubscribe, 42, time.Time{})
	}
}
