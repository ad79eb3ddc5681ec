package templates_test

import (
	"strings"
	"testing"

	"postrider/templates"
)

// A loop that never ends is a mistake with a place, not the end of the machine.
func TestOutputIsBounded(t *testing.T) {
	set, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	mail, err := set.Language("en")
	if err != nil {
		t.Fatal(err)
	}
	subject, err := mail.ParseSubject("digest weekly", "{{range $i := 1000000000}}aaaaaaaaaaaaaaaa{{end}}")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := subject.Execute(nil); err == nil || !strings.Contains(err.Error(), "more than 8388608 octets") {
		t.Errorf("the loop gave %v", err)
	}
}
