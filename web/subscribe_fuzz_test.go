package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"postrider/newsletter"
)

// Whatever is sent, what comes out of it is a form, or an error that a visitor may
// read.
func FuzzReadSignUp(f *testing.F) {
	for _, mediaType := range []string{"application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/plain", ""} {
		for _, body := range []string{
			`{"email":"ada@example.org","topic":["a","b"]}`, `{"topic":"a"}`, `{"topic":{"a":1}}`, `[`, `null`, "email=a%40b&topic=a&topic=b", "email=%zz", "a;b",
			"--b\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nada@example.org\r\n--b--\r\n",
			"--b\r\nContent-Disposition: form-data; name=\"email\"; filename=\"x\"\r\n\r\nada\r\n--b--\r\n", "--b", "\x00\xff",
		} {
			f.Add(mediaType, body)
		}
	}
	f.Fuzz(func(t *testing.T, mediaType, body string) {
		r := httptest.NewRequest(http.MethodPost, "/subscribe?email=query@example.org", strings.NewReader(body))
		r.Header["Content-Type"] = []string{mediaType}
		r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
		form, err := readSignUp(r)
		if err != nil {
			if status := known(err).status; status != http.StatusBadRequest && status != http.StatusRequestEntityTooLarge {
				t.Errorf("%v", err)
			}
			return
		}
		if form.Email == "query@example.org" && !strings.Contains(body, "query") {
			t.Error("the address of the request was read as a form")
		}
		if a, err := newsletter.ParseAddress(form.Email); err == nil && (strings.ContainsAny(string(a), "\r\n\x00 ") || !utf8.ValidString(string(a))) {
			t.Errorf("address %q", a)
		}
	})
}
