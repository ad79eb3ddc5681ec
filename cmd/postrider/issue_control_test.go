package main

import (
	"testing"

	"postrider/mailer"
	"postrider/newsletter"
)

// After a retry people hear what follows, and what it left alone.
func TestRetryWords(t *testing.T) {
	failed, uncertain := []mailer.DeliveryState{mailer.Failed}, []mailer.DeliveryState{mailer.Uncertain}
	for _, test := range []struct {
		state                     newsletter.IssueState
		wanted                    []mailer.DeliveryState
		queued, failed, uncertain int64
		want                      string
	}{
		{"sending", failed, 0, 0, 0, ""},
		{"sending", failed, 2, 0, 0, "; `postrider deliver` sends them"},
		{"paused", failed, 2, 0, 0, "; `postrider deliver` sends them after `postrider issue resume x`"},
		{"sending", failed, 0, 2, 3, "\n2 failed left: their readers may not be mailed any more, or have got a post of it since" +
			"\n  where a server was wrong, `postrider subscriber confirm EMAIL` makes a bounced one active again" +
			"\n3 uncertain left: `postrider issue retry x --state uncertain`"},
		{"sending", uncertain, 3, 1, 1, "; `postrider deliver` sends them (until then, uncertain ones are listed as uncertain)"},
	} {
		left := mailer.Tally{Count: map[mailer.DeliveryState]int64{mailer.Failed: test.failed, mailer.Uncertain: test.uncertain}}
		if got := retryWords(newsletter.Issue{ID: "x", State: test.state}, test.wanted, test.queued, left); got != test.want {
			t.Errorf("said %q, want %q", got, test.want)
		}
	}
}
