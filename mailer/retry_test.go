package mailer

import (
	"testing"
	"time"
)

func TestRetryAt(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	tests := []struct {
		attempt int
		want    time.Duration
	}{
		{1, 15 * time.Minute},
		{2, 30 * time.Minute},
		{3, time.Hour},
		{4, 2 * time.Hour},
		{5, 4 * time.Hour},
		{6, 6 * time.Hour},
		{7, 6 * time.Hour},
		{1000, 6 * time.Hour},
		{0, 15 * time.Minute},
	}
	for _, tt := range tests {
		seen := make(map[time.Time]bool)
		for n := range int64(100) {
			key := Key{Issue: 7, Recipient: n}
			at, ok := RetryAt(key, tt.attempt, now, time.Time{})
			again, _ := RetryAt(key, tt.attempt, now, time.Time{})
			if !ok || !at.Equal(again) {
				t.Fatalf("attempt %d: %v, %v; then %v", tt.attempt, at, ok, again)
			}
			if d := at.Sub(now); d < tt.want*9/10 || d > tt.want*11/10 {
				t.Errorf("attempt %d waits %v, want %v ± 10 %%", tt.attempt, d, tt.want)
			}
			seen[at] = true
		}
		if len(seen) < 90 {
			t.Errorf("attempt %d: 100 deliveries come back at only %d moments", tt.attempt, len(seen))
		}
	}
}

func TestRetryAtNeverPastExpiry(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	at, _ := RetryAt(Key{1, 2}, 1, now, time.Time{})
	for _, tt := range []struct {
		expires time.Time
		want    bool
	}{{at, true}, {at.Add(time.Hour), true}, {at.Add(-1), false}, {now.Add(-time.Hour), false}} {
		if _, ok := RetryAt(Key{1, 2}, 1, now, tt.expires); ok != tt.want {
			t.Errorf("expiring %v: %v, want %v", tt.expires.Sub(now), ok, tt.want)
		}
	}
}
