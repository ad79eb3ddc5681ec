package config

import (
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// browserOrigin writes an origin as browsers send it (HTML Standard, serialization of an
// origin): the host in lower case and in letters of ASCII, no port that the scheme
// implies. It is "" for what is no origin of a site.
func browserOrigin(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Scheme+"://"+u.Host != text {
		return ""
	}
	host := strings.ToLower(u.Host)
	if name := strings.ToLower(u.Hostname()); !ascii(name) {
		plain, err := idna.Lookup.ToASCII(name)
		if err != nil {
			return ""
		}
		host = strings.Replace(host, name, plain, 1)
	}
	implied := map[string]string{"http": ":80", "https": ":443"}
	return u.Scheme + "://" + strings.TrimSuffix(host, implied[u.Scheme])
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
}

func browserOrigins(texts []string) []string {
	list := make([]string, len(texts))
	for i, text := range texts {
		list[i] = browserOrigin(text)
	}
	return list
}
