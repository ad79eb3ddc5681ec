package config_test

import (
	"slices"
	"testing"
)

// Origins are compared with what browsers send, whatever people write.
func TestOriginsAreThoseOfBrowsers(t *testing.T) {
	c := load(t, "subscribe: {origins: ['https://ü.example', 'https://Example.ORG', 'http://example.org:80', 'https://example.org:8443', "+
		"'http://[::1]:8080', 'http://my_host']}", nil)
	want := []string{"https://xn--tda.example", "https://example.org", "http://example.org", "https://example.org:8443", "http://[::1]:8080", "http://my_host"}
	if got := c.Web().SignUps.Origins; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
