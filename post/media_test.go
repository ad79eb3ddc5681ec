package post

import "testing"

func TestMediaType(t *testing.T) {
	for address, want := range map[string]string{
		"ep.mp3":                           "audio/mpeg",
		"EP.OPUS":                          "audio/ogg",
		"https://example.org/a.m4v?x=.png": "video/mp4",
		"talk.flac#t=10":                   "audio/flac",
		"https://example.org/":             "",
		"notes.mp3/readme":                 "",
	} {
		if got := MediaType(address); got != want {
			t.Errorf("%s is %q, want %q", address, got, want)
		}
	}
}
