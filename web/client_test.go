package web

import (
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestClient(t *testing.T) {
	s := &Server{Config: Config{TrustedProxies: []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:1::/48"), netip.MustParsePrefix("127.0.0.1/32")}}}
	for _, c := range []struct {
		name, remote string
		forwarded    []string
		want         string
	}{
		{"alone", "192.0.2.1:99", nil, "192.0.2.1"},
		{"alone, version 6", "[2001:db8::1]:99", nil, "2001:db8::1"},
		{"with a zone", "[fe80::1%eth0]:99", nil, "fe80::1"},
		{"mapped into version 6", "[::ffff:192.0.2.1]:99", nil, "192.0.2.1"},
		{"made up by a visitor", "192.0.2.1:99", []string{"198.51.100.7"}, "192.0.2.1"},
		{"made up to look trusted", "192.0.2.1:99", []string{"10.0.0.1"}, "192.0.2.1"},
		{"by a proxy", "10.1.1.1:99", []string{"198.51.100.7"}, "198.51.100.7"},
		{"by a proxy whose address is mapped", "[::ffff:10.1.1.1]:99", []string{"198.51.100.7"}, "198.51.100.7"},
		{"mapped by a proxy", "10.1.1.1:99", []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
		{"made up before a proxy", "10.1.1.1:99", []string{"1.2.3.4, 198.51.100.7"}, "198.51.100.7"},
		{"made up in a header of its own", "10.1.1.1:99", []string{"1.2.3.4", "198.51.100.7"}, "198.51.100.7"},
		{"made up as a proxy before a proxy", "10.1.1.1:99", []string{"10.9.9.9, 198.51.100.7"}, "198.51.100.7"},
		{"by two proxies", "10.1.1.1:99", []string{"198.51.100.7, 10.2.2.2"}, "198.51.100.7"},
		{"by two proxies, over version 6", "[2001:db8:1::5]:99", []string{"2001:db8:7::1, 2001:db8:1::6"}, "2001:db8:7::1"},
		{"by proxies only", "10.1.1.1:99", []string{"10.3.3.3, 10.2.2.2"}, "10.3.3.3"},
		{"with ports", "10.1.1.1:99", []string{"198.51.100.7:4711, [2001:db8:1::6]:80"}, "198.51.100.7"},
		{"in brackets", "10.1.1.1:99", []string{"[2001:db8:7::1]"}, "2001:db8:7::1"},
		{"a proxy that says nothing", "10.1.1.1:99", nil, "10.1.1.1"},
		{"a proxy that says nothing, twice", "10.1.1.1:99", []string{"", ""}, "10.1.1.1"},
		{"rubbish", "10.1.1.1:99", []string{"198.51.100.7, unknown"}, "10.1.1.1"},
		{"rubbish further off", "10.1.1.1:99", []string{"<script>, 10.2.2.2"}, "10.2.2.2"},
		{"over a Unix socket", "@", []string{"1.2.3.4, 198.51.100.7"}, "198.51.100.7"},
		{"over a Unix socket, nothing said", "", nil, "invalid IP"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = c.remote
			r.Header["X-Forwarded-For"] = c.forwarded
			if got := s.client(r).String(); got != c.want {
				t.Errorf("%s, X-Forwarded-For %q: %s, want %s", c.remote, c.forwarded, got, c.want)
			}
		})
	}
}

func TestLocal(t *testing.T) {
	for _, c := range []struct {
		name, remote  string
		header, value string
		want          bool
	}{
		{"from here", "127.0.0.1:9", "User-Agent", "curl", true},
		{"from here, version 6", "[::1]:9", "User-Agent", "curl", true},
		{"from elsewhere", "192.0.2.1:9", "User-Agent", "curl", false},
		{"from elsewhere, as if from here", "192.0.2.1:9", "X-Forwarded-For", "127.0.0.1", false},
		{"passed on", "127.0.0.1:9", "X-Forwarded-For", "192.0.2.1", false},
		{"passed on, as if from here", "127.0.0.1:9", "X-Forwarded-For", "127.0.0.1", false},
		{"passed on from who knows where", "127.0.0.1:9", "Via", "1.1 proxy", false},
		{"through a Unix socket", "@", "User-Agent", "curl", false},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		r.Header.Set(c.header, c.value)
		if got := local(r); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
