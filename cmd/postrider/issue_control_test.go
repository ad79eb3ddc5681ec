package main

import (
	"testing"

	"postrider/mailer"
)

// After a retry people hear what follows, and what it left alone.
func TestRetryWords(t *testing.T) {
	failed, both := []mailer.DeliveryState{mailer.Failed}, []mailer.DeliveryState{mailer.Failed, mailer.Uncertain}
	for _, test := range []struct {
		wanted            []mailer.DeliveryState
		queued, uncertain int64
		want              string
	}{
		{failed, 0, 0, ""},
		{failed, 2, 0, "; `postrider deliver` sends them"},
		{failed, 0, 3, "; 3 uncertain left: `postrider issue retry x --state uncertain`"},
		{both, 3, 0, "; `postrider deliver` sends them (until then, uncertain ones are listed as uncertain)"},
	} {
		if got := retryWords("x", test.wanted, test.queued, test.uncertain); got != test.want {
			t.Errorf("said %q, want %q", got, test.want)
		}
	}
}
