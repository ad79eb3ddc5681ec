package newsletter

import (
	"testing"
	"time"
)

// BenchmarkTokens makes what every message needs.
func BenchmarkTokens(b *testing.B) {
	k := testKeyring(b, 's')
	b.ReportAllocs()
	for b.Loop() {
		k.MessageToken("weekly-2026-W48", 7)
		k.Token(Unsubscribe, 7, time.Time{})
		k.Token(Preferences, 7, time.Time{})
	}
}
