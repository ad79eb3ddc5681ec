package mailer

import (
	"testing"

	"postrider/templates"
)

// The bundled templates show everything that they may be asked to, in every
// language. No start of the program tries them again.
func TestBundledTemplates(t *testing.T) {
	set, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []string{"en", "de", "fr", "es", "zh", "ar"} {
		c, err := NewComposer(set, identity(func(id *Identity) { id.Site.Language = language }))
		if err == nil {
			err = c.check()
		}
		if err != nil {
			t.Errorf("%s: %v", language, err)
		}
	}
}
