package post

import "testing"

func TestDirection(t *testing.T) {
	for lang, want := range map[string]string{
		"": "ltr", "en": "ltr", "de-CH": "ltr", "zh-Hant": "ltr", "not a language": "ltr", "pa": "ltr", "az": "ltr",
		"ar": "rtl", "AR-eg": "rtl", "he": "rtl", "fa": "rtl", "ur": "rtl", "ckb": "rtl", "yi": "rtl", "dv": "rtl",
		"pa-Arab": "rtl", "az-Arab": "rtl", "ar-Latn": "ltr", "ps": "rtl", "sd": "rtl", "ug": "rtl", "syr": "rtl", "nqo": "rtl",
	} {
		if got := Direction(lang); got != want {
			t.Errorf("%q is written %s, want %s", lang, got, want)
		}
	}
}
