package newsletter

import (
	"errors"
	"fmt"
	"slices"
)

// How consent may come, for [Consent.Method].
const (
	ByForm        = "form"          // the reader filled in a form
	ByImport      = "import"        // a file that the operator imported says so
	ByCommand     = "command"       // the operator says so
	ByDoubleOptIn = "double-opt-in" // the reader confirmed from the mailbox itself
	ByLink        = "link"          // the reader followed the link in a mail and pressed the button there
	ByOneClick    = "one-click"     // the reader pressed the mail program's own button (RFC 8058)
)

// Validate tells what an entry lacks to be evidence: a time, an action, a way it
// came and, where something was agreed to, the words.
func (c Consent) Validate() error {
	switch {
	case c.At.IsZero():
		return errors.New("consent has no time")
	case c.Action != Asked && c.Action != Confirmed && c.Action != Withdrew:
		return fmt.Errorf("consent has the unknown action %q", c.Action)
	case !slices.Contains([]string{ByForm, ByImport, ByCommand, ByDoubleOptIn, ByLink, ByOneClick}, c.Method):
		return fmt.Errorf("consent came by the unknown method %q", c.Method)
	case c.Action == Confirmed && c.Text == "":
		return errors.New("consent has no text: record the words that were agreed to")
	}
	return nil
}
