package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// client is the address that a request comes from: the other end of the
// connection, unless that is one of Config.TrustedProxies. Such a proxy is
// believed what it says in X-Forwarded-For, which is read from its right end,
// where the nearest proxy wrote, up to the first address that is no trusted
// proxy. Everything left of that may be made up by the visitor.
//
// What comes over a Unix socket was let in by the rights of a file and counts as
// trusted. The zero Addr is a client of which nothing is known.
func (s *Server) client(r *http.Request) netip.Addr {
	client, known := peer(r)
	if known && !s.trusted(client) {
		return client
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		addr, ok := parseHop(hop)
		if !ok {
			break // who wrote this is the last of whom anything is known
		}
		if client = addr; !s.trusted(addr) {
			break
		}
	}
	return client
}

// spared tells whether an address stands for many clients, or for this machine or its
// network, so that it is not limited like one: a proxy, whether the settings name it
// or not, as the bridge of a container is one. On the open internet nobody has an
// address of a private network.
func (s *Server) spared(addr netip.Addr) bool {
	return !addr.IsValid() || addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast() || s.trusted(addr)
}

// turn does something once for the client of a request, or says as a 429 when it may
// again. Visitors who come through a proxy that the settings do not name are not
// taken for one client; the limits for all of them together still hold.
func (s *Server) turn(limits *clientLimits, r *http.Request) error {
	client := s.client(r)
	if at, known := peer(r); known && at == client && forwarded(r) && s.spared(at) {
		s.unnamed.Do(func() {
			s.Log.Warn("requests come through a proxy that server.trusted_proxies does not name, so no visitor is limited alone",
				"proxy", at.String())
		})
		return nil
	}
	return limits.take(client, s.Now())
}

// local tells whether a request was made on this machine. One that a proxy here
// passed on was not, whatever the settings say of that proxy: a forgotten one would
// open to all what is for the operator alone.
func local(r *http.Request) bool {
	addr, known := peer(r)
	return known && addr.IsLoopback() && !forwarded(r)
}

// forwarded tells whether a proxy has left its mark on a request.
func forwarded(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return true
		}
	}
	return false
}

func (s *Server) trusted(addr netip.Addr) bool { return within(s.TrustedProxies, addr) }

func within(networks []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(addr) })
}

// peer is the other end of the connection; not known over a Unix socket.
func peer(r *http.Request) (addr netip.Addr, known bool) {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	return plain(at.Addr()), err == nil
}

// parseHop reads an element of X-Forwarded-For, which some proxies write with a
// port.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if at, err := netip.ParseAddrPort(s); err == nil {
		return plain(at.Addr()), true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	return plain(addr), err == nil
}

// plain makes one address of its several forms: ::ffff:192.0.2.1 is 192.0.2.1, and
// a zone tells of an interface of ours, not of the client.
func plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }
