package web

import (
	"testing"

	"postrider/templates"
)

// The bundled pages show everything that they may be asked to, in every language.
// No start of the program tries them again.
func TestBundledPages(t *testing.T) {
	set, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	if !set.Bundled() {
		t.Error("the bundled templates are taken for somebody's own")
	}
	for _, language := range []string{"en", "de", "fr", "es", "zh", "ar"} {
		pages, err := set.Pages(language)
		if err == nil {
			err = pages.Check(samples)
		}
		if err != nil {
			t.Errorf("%s: %v", language, err)
		}
	}
}
