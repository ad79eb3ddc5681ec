package mailer

import (
	"io"
	"strings"
	"testing"
)

func TestBreaker(t *testing.T) {
	unknown := refusal(atRcpt, 550, "5.1.1 no such user")
	policy := refusal(atDot, 550, "5.7.1 looks like spam")
	later := refusal(atRcpt, 451, "4.3.0 later")
	lost := lost(Unknown, "read the answer to the message", io.ErrUnexpectedEOF)
	tests := []struct {
		name  string
		what  func(n int) *SendError
		pause int    // after which outcome; 0: never
		words string // of the reason
	}{
		{"all is well", func(int) *SendError { return nil }, 0, ""},
		{"a list with some dead addresses", func(n int) *SendError { return every(n, 25, unknown) }, 0, ""},
		{"a list with many", func(n int) *SendError { return every(n, 15, unknown) }, 500, "33 of 500"},
		{"many, but few so far", func(n int) *SendError {
			if n < 500 {
				return every(n, 2, unknown)
			}
			return nil
		}, 500, "249 of 500"},
		{"all put off", func(int) *SendError { return later }, 0, ""},
		{"a burst for reasons of policy", func(n int) *SendError {
			if n > 100 {
				return every(n, 2, policy)
			}
			return nil
		}, 140, "550 5.7.1 looks like spam"},
		{"many, after a great many that were taken", func(n int) *SendError {
			if n > 1500 {
				return unknown
			}
			return nil
		}, 1551, "51 of 1000"},
		{"many, among more that are put off", func(n int) *SendError {
			if n%3 > 0 {
				return later
			}
			return every(n/3, 10, unknown)
		}, 1500, "50 of 500"},
		{"the sender is refused", func(int) *SendError { return refusal(atMail, 550, "5.1.8 who are you") }, 20, "550 5.1.8 who are you"},
		{"a login is asked for", func(int) *SendError { return refusal(atMail, 530, "5.7.0 authentication required") }, 1, "530 5.7.0"},
		{"none is answered", func(int) *SendError { return lost }, 100, "100 of the last 100 mails nobody knows whether they arrived, the last with: "},
		{"every third is not answered", func(n int) *SendError { return every(n, 3, lost) }, 0, ""},
		{"a server stops under many connections", func(n int) *SendError {
			if n%1000 < 99 {
				return lost
			}
			return nil
		}, 0, ""},
		{"policy now and then", func(n int) *SendError { return every(n, 30, policy) }, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := breaker{byIssue: make(map[string]*history)}
			paused := 0
			for n := 1; n <= 2000 && paused == 0; n++ {
				b.observe("other", unknown)
				if reason := b.observe("issue", tt.what(n)); reason != "" {
					paused = n
					if !strings.Contains(reason, tt.words) {
						t.Errorf("the reason is %q", reason)
					}
				}
			}
			if paused != tt.pause {
				t.Errorf("paused after %d outcomes, want %d", paused, tt.pause)
			}
			if paused > 0 && b.observe("issue", policy) != "" {
				t.Error("it pauses at once again what was resumed")
			}
		})
	}
}

// every gives an error for one in so many.
func every(n, many int, e *SendError) *SendError {
	if n%many == 0 {
		return e
	}
	return nil
}
