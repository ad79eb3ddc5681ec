package importer

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"postrider/newsletter"
)

// Row is one subscriber as a file has them. The zero value of a field means that
// the file does not say.
type Row struct {
	Line    int // where the row begins in the file, from 1
	Email   newsletter.Address
	Name    string
	State   newsletter.State
	Cadence newsletter.Cadence
	// Topics are folded, sorted and unique. Rows may share one slice: do not
	// change it.
	Topics    []string
	Created   time.Time // UTC
	Confirmed time.Time // UTC
}

// Rejection is the error of one row that cannot be used; the rows after it can.
type Rejection struct {
	Line   int    // where the row begins in the file, from 1
	Value  string // the address as given, or else the row's beginning; printable and short
	Reason string
}

func (r *Rejection) Error() string {
	if r.Value == "" {
		return fmt.Sprintf("line %d: %s", r.Line, r.Reason)
	}
	return fmt.Sprintf("line %d: %s: %s", r.Line, r.Value, r.Reason)
}

// maxValue is how many characters of a bad row a report shows.
const maxValue = 60

// printable makes a cell fit for a terminal and a report: one short line with no
// control characters.
func printable(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.TrimSpace(s) {
		if n == maxValue {
			b.WriteRune('…')
			break
		}
		if !unicode.IsPrint(r) {
			r = unicode.ReplacementChar
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}
