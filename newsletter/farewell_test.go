package newsletter

import (
	"strings"
	"testing"
)

func TestFarewell(t *testing.T) {
	for _, c := range []struct{ reason, words, want string }{
		{"", "", ""},
		{"too_much", "", "too_much"},
		{"too_much", " Every\r\nday! ", "too_much: Every day!"},
		{"<script>", "So long", "So long"},
		{"", "\x00\xff\u202e\ufffd", ""},
		{"", strings.Repeat("長", maxFarewell+1), strings.Repeat("長", maxFarewell)},
	} {
		if got := Farewell(c.reason, c.words); got != c.want {
			t.Errorf("Farewell(%q, %q) = %q, want %q", c.reason, c.words, got, c.want)
		}
	}
}
