package web

import (
	"testing"

	"postrider/post"
)

func TestDirection(t *testing.T) {
	for lang, want := range map[string]string{
		"": "ltr", "en": "ltr", "zh-Hans": "ltr", "ar": "rtl", "he-IL": "rtl", "fa": "rtl", "ur": "rtl", "az-Arab": "rtl", "not a language": "ltr",
	} {
		if got := direction(lang); got != want {
			t.Errorf("direction(%q) = %s, want %s", lang, got, want)
		}
	}
}

func TestPeople(t *testing.T) {
	a, b, c := post.Author{Name: "Ada"}, post.Author{Name: "Bo"}, post.Author{Name: "Cy"}
	for want, authors := range map[string][]post.Author{
		"": nil, "Ada": {a}, "Ada and Bo": {a, b}, "Ada, Bo and Cy": {a, b, c},
	} {
		if got := people(authors); got != want {
			t.Errorf("people(%v) = %q, want %q", authors, got, want)
		}
	}
}
